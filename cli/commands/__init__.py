"""The commands of `hotline`, one file each."""
