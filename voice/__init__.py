"""The app of the public webhooks: signature, limits, and never an error for a caller."""
