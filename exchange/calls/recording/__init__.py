"""Recordings on disk while they are made."""
