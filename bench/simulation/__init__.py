"""A simulated day at a hotline and a week of calls to patients, and the days that they are played on."""
