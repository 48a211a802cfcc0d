"""Tools that look at embeddings, and at what an estimator makes of them."""

from ._effective_rank import effective_rank
from ._missing_modality import missing_modality_curve
from ._missing_modality_display import MissingModalityDisplay

__all__ = ["MissingModalityDisplay", "effective_rank", "missing_modality_curve"]
