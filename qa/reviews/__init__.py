"""Reviews by people: answers, comments, appeals, calibration, coaching."""
