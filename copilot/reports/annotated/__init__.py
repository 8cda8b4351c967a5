"""The author's own document back, with the findings at the text that they cite."""
