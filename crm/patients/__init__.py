"""Patients: who calls, and the lists they come from."""
