"""The validated knowledge of a review: dimensions, aspects, criteria, sources, technologies."""

from copilot.knowledge.pack import Knowledge, load_knowledge

__all__ = ["Knowledge", "load_knowledge"]
