"""A call between people: legs, conferences, conversations, transfers."""
