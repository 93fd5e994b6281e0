"""What follows a transaction: transitions, events, jobs, notifications; and leadership."""
