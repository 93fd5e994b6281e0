"""Asking the application: signed requests, and what its documents mean."""
