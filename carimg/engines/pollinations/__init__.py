"""Pollinations: many image models behind one key, and its old keyless host."""
