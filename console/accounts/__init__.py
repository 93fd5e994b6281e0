"""Pages of accounts: sign-in, my account, the users."""
