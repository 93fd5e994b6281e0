"""Callers who leave the queue and keep their place."""
