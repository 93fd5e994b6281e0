"""Measured claims: ours beside the alternative, each by `python -m bench.NAME`."""
