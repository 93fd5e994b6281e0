"""Cases: what a patient wants, followed to its end; owners, deadlines, history."""
