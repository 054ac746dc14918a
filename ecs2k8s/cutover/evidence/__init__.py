"""What a run leaves for an audit, and whether any of it was changed since (cutover.md §2.12)."""
