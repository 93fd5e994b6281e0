"""Sealed bytes by name: recordings, prompts, reports."""
