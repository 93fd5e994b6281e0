"""What all parts share: settings, errors, ids, numbers, addresses, tokens, log."""
