"""Recordings fetched from the provider and kept sealed."""
