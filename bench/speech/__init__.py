"""Counts and worker processes of `bench.transcribe`."""
