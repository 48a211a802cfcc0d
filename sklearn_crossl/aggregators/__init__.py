"""Aggregators: from the codes of the modalities at hand to one global embedding."""

from .attention import AttentionAggregator
from .base import Aggregator, AggregatorModule, ModuleAggregator
from .mlp import MLPAggregator
from .set import SetAggregator

#: The accepted short names of ``CroSSLTransformer(aggregator=...)``.
AGGREGATORS = {
    "attention": AttentionAggregator,
    "mlp": MLPAggregator,
    "set": SetAggregator,
}

__all__ = [
    "AGGREGATORS",
    "Aggregator",
    "AggregatorModule",
    "AttentionAggregator",
    "MLPAggregator",
    "ModuleAggregator",
    "SetAggregator",
]
