"""Patients and what they want of the hospital: who calls, which case is open, who owns it until when."""
