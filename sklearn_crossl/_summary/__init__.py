"""Features of windows that take no training, compressed and completed."""

from .learnt import learnt_size
from .summary import Summary

__all__ = ["Summary", "learnt_size"]
