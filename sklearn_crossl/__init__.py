"""Learn from several sensors at once, with few labels and with sensors missing."""

from ._version import __version__
from .transformer import CroSSLTransformer

__all__ = ["CroSSLTransformer", "__version__"]
