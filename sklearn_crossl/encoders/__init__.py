"""Encoders: from the windows of one modality to one code each."""

from .base import Encoder, EncoderModule, ModuleEncoder
from .image import ImageEncoder
from .tcn import TCNEncoder

#: The accepted short names of ``CroSSLTransformer(encoder=...)``.
ENCODERS = {"tcn": TCNEncoder}

__all__ = [
    "ENCODERS",
    "Encoder",
    "EncoderModule",
    "ImageEncoder",
    "ModuleEncoder",
    "TCNEncoder",
]
