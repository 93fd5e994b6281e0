"""Pages of administrators and auditors: agents, failed work, the audit log."""
