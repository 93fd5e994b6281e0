"""Sound in frames of 20 ms: clock, codecs, tones, files, streams."""
