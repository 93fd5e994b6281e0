"""The score of a call, by the machine and by arithmetic: phrases found by sound, with evidence."""
