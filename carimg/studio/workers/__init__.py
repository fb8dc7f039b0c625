"""Render processes: the pool that asks them, the process itself, and what they say to each other."""
