"""The terminal application: screens over the same core that the command line uses."""
