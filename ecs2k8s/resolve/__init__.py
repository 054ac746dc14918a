"""Links documents into workloads."""
