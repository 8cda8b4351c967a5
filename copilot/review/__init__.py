"""From a document to its review: the one place that knows the order of the steps."""
