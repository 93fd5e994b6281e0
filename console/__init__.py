"""The staff pages and their JSON API, one folder per part of the work."""
