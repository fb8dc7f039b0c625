"""The page Consistency: the report of one set."""
