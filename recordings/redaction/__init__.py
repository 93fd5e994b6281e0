"""Personal data in what was said: found, masked in text, beeped in sound."""
