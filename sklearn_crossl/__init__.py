"""Learn from several sensors at once, with few labels and with sensors missing."""

from ._version import __version__
from .classifier import CroSSLClassifier
from .regressor import CroSSLRegressor
from .transformer import CroSSLTransformer

__all__ = ["CroSSLClassifier", "CroSSLRegressor", "CroSSLTransformer", "__version__"]
