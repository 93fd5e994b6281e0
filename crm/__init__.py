"""Patients and what they want of the hospital: who calls, which matter is open, who owns it until when."""
