"""Encoders: from the windows of one modality to one code each."""

from .. import _stages
from .base import *
from .image import *
from .tcn import *

#: The accepted short names of ``CroSSLTransformer(encoder=...)``.
ENCODERS: dict[str, type[Encoder]] = _stages.by_short_name(vars())

__all__ = _stages.public_names(vars())
