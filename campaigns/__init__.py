"""Calls to patients after they leave hospital: campaign > recipient > attempt, its pacing and its script."""
