"""A small convolutional encoder of images and spectrograms."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._stages import check_sizes
from ._convolution import CONSTRAINTS, ConvolutionalNetwork
from .base import Encoder, EncoderModule

__all__ = ["ImageEncoder"]


class ImageEncoder(Encoder):
    """Convolutional network for modalities with a height and a width.

    The layers are those of :class:`TCNEncoder` with square kernels. Its latent sequence
    is the grid of the last layer, row by row, so that temporal masking hides bands of it.

    Parameters
    ----------
    widths : sequence of int, default=(32, 48, 128)
        Units of each layer, at least 2. Take those of the other modalities' encoder, so
        that all codes have the same width.
    kernel_size : int, default=3
        Height and width of the kernels.
    stride : int, default=2
        Stride of every layer in both directions.
    affine : bool, default=False
        Whether the normalisation has a learnt scale and shift for each unit.
    activation : {"relu", "prelu"}, default="relu"
        Activation after the normalisation.
    dropout : float, default=0.0
        Probability of dropping a unit after each activation in training.
    pooling : {"mean", "max", "mean+max"}, default="mean+max"
        How the grid becomes a code.
    shared : bool, default=False
        Whether modalities with the same number of channels share one network.

    See Also
    --------
    TCNEncoder : The encoder of time series.

    References
    ----------
    The layers follow Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for
    Time-series through Latent Masking", WSDM 2024, arXiv:2307.16847, which has no images.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.encoders import ImageEncoder
    >>> network = ImageEncoder(pooling="mean").build(n_channels=1)
    >>> network(torch.zeros(5, 1, 32, 20)).shape
    torch.Size([5, 128])
    """

    _parameter_constraints: dict = {
        **CONSTRAINTS,
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        widths: Sequence[int] = (32, 48, 128),
        kernel_size: int = 3,
        stride: int = 2,
        affine: bool = False,
        activation: str = "relu",
        dropout: float = 0.0,
        pooling: str = "mean+max",
        shared: bool = False,
    ):
        self.widths = widths
        self.kernel_size = kernel_size
        self.stride = stride
        self.affine = affine
        self.activation = activation
        self.dropout = dropout
        self.pooling = pooling
        self.shared = shared

    def build(self, n_channels: int) -> EncoderModule:
        """Build the network of one modality.

        Parameters
        ----------
        n_channels : int
            Channels of the modality.

        Returns
        -------
        EncoderModule
            Maps (batch, n_channels, height, width) to (batch, code_size).

        Raises
        ------
        ValueError
            If a parameter is out of range.
        """
        self._validate_params()
        if not len(self.widths):
            raise ValueError("ImageEncoder got widths=(); give it at least one layer.")
        check_sizes(self, "widths", least=2)
        kernel_sizes = [(self.kernel_size, self.kernel_size)] * len(self.widths)
        stride = (self.stride, self.stride)
        return ConvolutionalNetwork(n_channels, kernel_sizes, stride, self)
