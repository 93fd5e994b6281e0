"""What callers hear while the database is away, and who is called back after it."""
