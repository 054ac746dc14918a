"""Who may write: one process in a run's folder, one run at each traffic object (cutover.md §2.8)."""
