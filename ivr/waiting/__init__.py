"""The caller in a queue: what they hear, callbacks, overflow."""
