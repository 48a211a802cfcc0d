"""Objectives: from the views' embeddings to a loss, with the head it needs."""

from .base import Latents, ModuleObjective, Objective, ObjectiveModule
from .vicreg import VICReg, covariance_term, invariance_term, variance_term

#: The accepted short names of ``CroSSLTransformer(objective=...)``.
OBJECTIVES = {"vicreg": VICReg}

__all__ = [
    "OBJECTIVES",
    "Latents",
    "ModuleObjective",
    "Objective",
    "ObjectiveModule",
    "VICReg",
    "covariance_term",
    "invariance_term",
    "variance_term",
]
