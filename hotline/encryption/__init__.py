"""Encryption at rest: keys, sealing, sealing anew."""
