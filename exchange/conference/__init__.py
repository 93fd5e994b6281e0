"""Conferences: who is in, who may speak, announcements."""
