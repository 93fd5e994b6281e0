"""How many called, were answered, gave up, and how many within three rings."""
