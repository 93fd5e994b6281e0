"""Full-text search in sealed transcripts."""
