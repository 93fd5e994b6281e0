"""The three-ring ladder: whose phone starts and stops ringing. Pure."""
