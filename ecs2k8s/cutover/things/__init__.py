"""The kinds of objects that a plan moves or relies on: one module for each."""
