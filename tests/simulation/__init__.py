"""The house while parts of it fail: every step interrupted, clocks set, databases hung, random days played."""
