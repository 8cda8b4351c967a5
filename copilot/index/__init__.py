"""Passages in a Chroma collection, and the hybrid search that finds evidence among them.

`add` and the search block the thread that calls them; async callers go through a thread.
"""
