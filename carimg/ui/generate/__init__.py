"""The page Generate: the order form and the live board of one set."""
