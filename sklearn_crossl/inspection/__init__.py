"""Tools to inspect embeddings and fitted estimators."""

from .._cluster_agreement import cluster_agreement
from .._effective_rank import effective_rank
from ._embedding_display import EmbeddingDisplay
from ._importance import modality_importance
from ._importance_display import ModalityImportanceDisplay
from ._label_efficiency import label_efficiency_curve
from ._label_efficiency_display import LabelEfficiencyDisplay
from ._missing_modality import missing_modality_curve
from ._missing_modality_display import MissingModalityDisplay
from ._retrieval import recall_at_k, retrieve
from ._training_curve_display import TrainingCurveDisplay

__all__ = [
    "EmbeddingDisplay",
    "LabelEfficiencyDisplay",
    "MissingModalityDisplay",
    "ModalityImportanceDisplay",
    "TrainingCurveDisplay",
    "cluster_agreement",
    "effective_rank",
    "label_efficiency_curve",
    "missing_modality_curve",
    "modality_importance",
    "recall_at_k",
    "retrieve",
]
