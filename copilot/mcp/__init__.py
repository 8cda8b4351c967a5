"""A server of the Model Context Protocol: reviews for coding agents and editors."""
