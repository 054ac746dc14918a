"""Types and pure functions; imports nothing of ours but itself."""
