"""Tools that look at embeddings."""

from ._effective_rank import effective_rank

__all__ = ["effective_rank"]
