"""Aggregators: from the codes of the modalities at hand to one global embedding."""

from .. import _stages
from .attention import *
from .base import *
from .mlp import *
from .set import *

#: The accepted short names of ``CroSSLTransformer(aggregator=...)``.
AGGREGATORS: dict[str, type[Aggregator]] = _stages.by_short_name(vars())

__all__ = _stages.public_names(vars())
