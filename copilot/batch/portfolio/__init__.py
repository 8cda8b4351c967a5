"""All designs of a batch side by side: one record, written as a page and as tables."""
