"""Callers: what the hospital knows of a number before anybody has spoken."""
