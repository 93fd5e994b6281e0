"""Whole flows by webhooks, turn by turn, against the answers that were recorded."""
