"""Reaching recipients: pacing, attempts, and what follows from each."""
