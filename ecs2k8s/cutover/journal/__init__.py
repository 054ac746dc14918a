"""The journal of a run: what was meant, done and seen, on disk before anything else happens (cutover.md §2.6)."""
