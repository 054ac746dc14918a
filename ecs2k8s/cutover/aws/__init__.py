"""AWS as a run of a cutover has it: it reads, sends the one request that it was handed, and counts requests."""
