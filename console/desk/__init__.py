"""The agent's own page: telephone, caller, status."""
