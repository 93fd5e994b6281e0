"""A simulated day at a hotline and the rules that are compared on it, for `bench.floor`."""
