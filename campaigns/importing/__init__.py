"""What hospitals tell of visits: one canonical record, one reader per format, one validation, one way into storage."""
