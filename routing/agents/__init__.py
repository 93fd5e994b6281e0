"""Agents: their status, presence, roster, and the file they come from."""
