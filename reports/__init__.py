"""The figures of the service, each defined once."""
