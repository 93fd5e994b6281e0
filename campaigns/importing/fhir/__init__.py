"""FHIR files and resources into the canonical record."""
