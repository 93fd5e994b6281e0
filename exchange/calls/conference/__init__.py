"""Conferences: who is in, and who may speak."""
