"""A small convolutional encoder of images and spectrograms."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor

from ._convolution import ConvolutionLayer, Convolutions
from .base import Encoder, EncoderModule

__all__ = ["ImageEncoder"]


class ImageEncoder(Encoder):
    """Convolutional network for modalities with a height and a width.

    The layers are those of :class:`TCNEncoder` with square kernels. Its latent sequence
    is the grid of the last layer, so that temporal masking hides patches.

    Parameters
    ----------
    widths : sequence of int, default=(24, 48, 96)
        Units of each layer; those of the other modalities' encoder, so that the codes
        have one width.
    kernel_size : int, default=3
        Height and width of the kernels.
    stride : int, default=2
        Stride of every layer in both directions.
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
    TCNEncoder : Of time series.

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
    torch.Size([5, 96])
    """

    _parameter_constraints: dict = {
        "widths": ["array-like"],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "stride": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"relu", "prelu"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "pooling": [StrOptions({"mean", "max", "mean+max"})],
        "shared": ["boolean"],
    }

    def __init__(
        self,
        widths: Sequence[int] = (24, 48, 96),
        kernel_size: int = 3,
        stride: int = 2,
        activation: str = "relu",
        dropout: float = 0.0,
        pooling: str = "mean+max",
        shared: bool = False,
    ):
        self.widths = widths
        self.kernel_size = kernel_size
        self.stride = stride
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
        return _ImageNetwork(n_channels, self)


class _ImageNetwork(EncoderModule):
    def __init__(self, n_channels: int, config: ImageEncoder):
        super().__init__()
        kernel_size = (config.kernel_size, config.kernel_size)
        stride = (config.stride, config.stride)
        layers = [
            ConvolutionLayer(
                n_in, n_out, kernel_size, stride, config.activation, config.dropout
            )
            for n_in, n_out in pairwise([n_channels, *config.widths])
        ]
        self.convolutions = Convolutions(layers, config.pooling)
        self.code_size = self.convolutions.code_size

    def sequence(
        self, x: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        return self.convolutions.sequence(x, present)

    def pool(self, sequence: Tensor, weights: Tensor | None = None) -> Tensor:
        return self.convolutions.pool(sequence, weights)
