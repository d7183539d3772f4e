"""People and shifts. Pure."""
