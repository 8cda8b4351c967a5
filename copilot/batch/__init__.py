"""Many designs at once: found, reviewed once each, written to a folder, and compared as a whole."""
