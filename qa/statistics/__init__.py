"""Aggregates, confidence intervals and agreement. Pure."""
