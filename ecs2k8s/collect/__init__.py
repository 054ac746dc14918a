"""Reads what AWS said into a snapshot: files today, the live account later."""
