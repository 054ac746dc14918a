"""The checks of a cutover: what the export decided, and what only AWS and the cluster can tell now."""
