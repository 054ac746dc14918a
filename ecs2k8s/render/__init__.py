"""A bundle as files."""
