"""People who sign in to the staff pages: users, passwords, sessions. It knows no page."""
