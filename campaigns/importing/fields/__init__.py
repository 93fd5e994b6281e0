"""Single fields as hospitals write them: dates, names, diagnoses, deaths. Pure."""
