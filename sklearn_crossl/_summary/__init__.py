"""Features of windows that take no training, compressed and completed."""

from .summary import Summary, learnt_size

__all__ = ["Summary", "learnt_size"]
