"""What is made when a release is cut: its first migration and a small database with data."""
