"""Carries a plan out: step by step, observed, stoppable, and back again."""
