"""Objectives: from the views' embeddings to a loss, with the head it needs."""

from .. import _stages
from .base import *
from .cocoa import *
from .gmc import *
from .infonce import *
from .reconstruction import *
from .triplet import *
from .vicreg import *

#: The accepted short names of ``CroSSLTransformer(objective=...)``.
OBJECTIVES: dict[str, type[Objective]] = _stages.by_short_name(vars())

__all__ = _stages.public_names(vars())
