"""The dialogue engine: a turn in, state and effects out."""
