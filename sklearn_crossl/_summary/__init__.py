"""Features of windows that take no training, compressed and completed."""

from .summary import Summary

__all__ = ["Summary"]
