"""Scripted telephones: clients of the exchange that speak and listen with real audio."""
