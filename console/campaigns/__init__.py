"""Pages of calls to patients."""
