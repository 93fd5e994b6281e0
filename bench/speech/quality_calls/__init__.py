"""The labelled calls of `bench.quality`."""
