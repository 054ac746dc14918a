"""The cutover: a plan from the snapshot, its checks, and the run that carries it out, stops and goes back."""
