"""What is drawn: cars, orders, views, and the catalogue of names that people type."""
