"""Measurements of speed and retrieval; they print, they never pass or fail."""
