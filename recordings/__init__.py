"""The sound of calls and the words in it: fetched, sealed, transcribed, redacted, searched, purged."""
