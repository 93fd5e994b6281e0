"""Values of the field that several packages share. Pure."""
