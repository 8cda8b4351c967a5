"""archreview: a copilot for reviewing the architecture of large-scale ML platforms."""

__version__ = "0.1.0"
