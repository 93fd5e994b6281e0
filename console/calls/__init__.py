"""Pages of calls: the list, one call with time line and sound, the search."""
