"""Questions about a translation: whether routing, reachability and timing are what they were."""
