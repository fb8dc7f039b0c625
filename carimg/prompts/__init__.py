"""Prompts: rendered from templates, put into English, and compared word by word."""
