"""One renderer per format, all from one Review."""
