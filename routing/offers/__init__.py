"""Offers: the lease on one agent for one queue entry while their phone rings."""
