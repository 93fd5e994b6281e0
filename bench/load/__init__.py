"""The load, the meters and the naive exchange of `bench.exchange`, and the load of `bench.webhook`."""
