"""The prompt lab: grids of sets in which one thing is varied against another."""
