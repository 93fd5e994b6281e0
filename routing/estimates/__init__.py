"""How long a caller will wait, and what they are told."""
