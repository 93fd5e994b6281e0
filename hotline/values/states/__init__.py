"""Stored statuses, one file per model that has them: the enum and its legal moves. Pure."""
