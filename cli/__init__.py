"""The command `hotline`, one file per sub-command."""
