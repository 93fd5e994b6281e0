"""The audit log: who looked at or changed what, chained by digest."""
