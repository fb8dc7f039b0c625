"""The page Prompt lab: the template editor and grids."""
