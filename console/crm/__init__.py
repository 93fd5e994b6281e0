"""Pages of patients and cases."""
