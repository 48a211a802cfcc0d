"""The temporal convolutional encoder of the CroSSL paper."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

from sklearn.utils._param_validation import Interval

from .._stages import check_sizes
from ._convolution import CONSTRAINTS, ConvolutionalNetwork
from .base import Encoder, EncoderModule
from .image import ImageEncoder

__all__ = ["TCNEncoder"]


class TCNEncoder(Encoder):
    """Temporal convolutional network, one per modality; three layers by default.

    Each layer is a convolution over time, layer normalisation over its units and an
    activation; the last one's sequence is pooled over time. The published network has
    ``widths=(24, 48, 96), kernel_sizes=(24, 16, 8), stride=1, affine=True,
    activation="prelu", dropout=0.1, pooling="mean"``. The defaults differ where that is
    several times faster and its embeddings are better with few labels.

    Parameters
    ----------
    widths : sequence of int, default=(32, 48, 128)
        Units of each layer, two or more, since they are normalised. Multiples of 16 suit
        the vector registers of processors.
    kernel_sizes : sequence of int, default=(24, 5, 3)
        Length of each layer's kernels in time steps. Wider layers with shorter kernels
        than the published ones do better at the same cost.
    stride : int, default=2
        Stride of every layer. The published 1 leaves the sequences as long as the window,
        which is several times the work.
    affine : bool, default=False
        Whether the normalisation has a learnt scale and shift for each unit. Without
        them modalities of equal shape are encoded together, which is faster.
    activation : {"relu", "prelu"}, default="relu"
        Activation after the normalisation.
    dropout : float, default=0.0
        Probability of dropping a unit after each activation in training. The masking
        regularises already, and drawing elementwise noise is slow on a CPU.
    pooling : {"mean", "max", "mean+max"}, default="mean+max"
        How a latent sequence becomes a code; ``"mean+max"`` concatenates both, so that
        the code is twice as wide as the last layer.
    long_window : int or None, default=2048
        Windows of at least so many timepoints are sampled less densely, which is
        faster: the first layer's stride doubles with each doubling of the length,
        and its activations are averaged over four steps each. None treats all windows
        alike, as the published network does.
    shared : bool, default=False
        Whether modalities with the same number of channels share one network.

    References
    ----------
    Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for Time-series
    through Latent Masking", WSDM 2024, arXiv:2307.16847.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.encoders import TCNEncoder
    >>> network = TCNEncoder(pooling="mean").build(n_channels=3)
    >>> network(torch.zeros(5, 3, 128)).shape
    torch.Size([5, 128])
    """

    short_name = "tcn"

    _parameter_constraints: dict = {
        **CONSTRAINTS,
        "kernel_sizes": ["array-like"],
        "long_window": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        widths: Sequence[int] = (32, 48, 128),
        kernel_sizes: Sequence[int] = (24, 5, 3),
        stride: int = 2,
        affine: bool = False,
        activation: str = "relu",
        dropout: float = 0.0,
        pooling: str = "mean+max",
        long_window: int | None = 2048,
        shared: bool = False,
    ):
        self.widths = widths
        self.kernel_sizes = kernel_sizes
        self.stride = stride
        self.affine = affine
        self.activation = activation
        self.dropout = dropout
        self.pooling = pooling
        self.long_window = long_window
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
            Maps (batch, n_channels, time) to (batch, code_size).

        Raises
        ------
        ValueError
            If a parameter is out of range, or the layers' lists differ in length.
        """
        self._validate_params()
        if len(self.widths) != len(self.kernel_sizes) or not len(self.widths):
            raise ValueError(
                f"TCNEncoder got widths={self.widths!r} and kernel_sizes="
                f"{self.kernel_sizes!r}; give one of each for every layer."
            )
        check_sizes(self, "widths", least=2)
        check_sizes(self, "kernel_sizes")
        kernel_sizes = [(1, size) for size in self.kernel_sizes]
        stride = (1, self.stride)
        return ConvolutionalNetwork(
            n_channels, kernel_sizes, stride, self, self.long_window
        )

    def for_images(self) -> ImageEncoder:
        """Return an encoder of images with the same widths.

        Returns
        -------
        ImageEncoder
            Its codes are as wide as this encoder's.
        """
        return ImageEncoder(
            widths=self.widths,
            affine=self.affine,
            activation=self.activation,
            dropout=self.dropout,
            pooling=self.pooling,
            shared=self.shared,
        )
