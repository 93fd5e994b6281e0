"""The exchange itself on a simulated clock: nothing sleeps, no socket is opened, telephones are moved by the test."""
