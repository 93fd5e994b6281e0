"""How many agents each half hour needs."""
