"""The router: one leader that has the ladder decide and brings the exchange in line."""
