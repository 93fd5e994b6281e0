"""The ground floor: settings, clock, values, errors, database, models, blobs, jobs and the log. It knows no feature."""
