"""Compares bundles with schemas and with each other."""
