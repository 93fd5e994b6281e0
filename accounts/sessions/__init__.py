"""Sessions of signed-in users: begun, found and ended."""
