"""The documents that a leg follows: the parts of the exchange that they use, what is done when one fails, texts."""
