"""The selection of calls that people hear: by chance and by rule."""
