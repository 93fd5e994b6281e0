"""A simulated week of calls to patients, for `bench.campaign`."""
