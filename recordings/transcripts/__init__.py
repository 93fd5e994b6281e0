"""Transcripts: made in parts, corrected, made readable, shown and handed out."""
