"""What a call scores, by the machine and by arithmetic: phrases found by sound, with evidence."""
