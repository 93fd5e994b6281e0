"""What stands against calling somebody: found, written down, undone."""
