"""Passwords: which are good enough, how they are kept and checked, and how many wrong ones may be tried."""
