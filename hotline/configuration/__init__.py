"""Settings from the environment, and files of the hospital with the place of each field."""
