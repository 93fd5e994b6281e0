"""Queues as data, the callers in them, and overflow."""
