"""Who is called when: plans, dialling limits, calling windows, enrolment."""
