"""Widgets drawn line by line: flat, cached, and repainted only where cells changed."""
