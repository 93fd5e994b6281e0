"""Users: made, changed, shut out."""
