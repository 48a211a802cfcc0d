"""Reconstruction: a masked view predicts what all of the window's sensors show."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool1d, adaptive_avg_pool2d

from .._spectrum import summed_power
from .._stages import check_sizes
from ._checked import CheckedObjective
from ._layers import normalized_layers
from .base import Latents, ObjectiveModule

__all__ = ["Reconstruction", "log_spectrum", "reconstruction_loss"]

_BANDS = 64  # at most, of a channel
_FLOOR = 1e-3  # of the power, where that of white noise of variance 1 is 1
_FLAT = 1e-4  # added to a target's variance, so that constant targets stay at zero


def log_spectrum(
    x: Tensor, n_timepoints: int | None = None, lengths: Tensor | None = None
) -> Tensor:
    """Describe each channel by its mean and its log power spectrum.

    This includes neither the phase nor when in the window something happens.

    Parameters
    ----------
    x : Tensor of shape (n, n_channels, n_timepoints) or (n, n_channels, height, width)
        One modality of some windows.
    n_timepoints : int, default=None
        Length of the Fourier transform, in timepoints; None takes that of x.
    lengths : int Tensor of shape (n,), default=None
        Timepoints until each series' end; None: all that x has.

    Returns
    -------
    Tensor of shape (n, n_targets)
        For each channel its mean and ``log(0.001 + P_k)``. ``P_k`` is the squared
        absolute Fourier coefficient of what is left without the mean, divided by the
        number of values, averaged over neighbours to 64 bands where there are more, or to
        8 x 8 for an image.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import log_spectrum
    >>> wave = torch.sin(2 * torch.pi * 5 * torch.arange(64) / 64)  # five periods
    >>> spectrum = log_spectrum(wave[None, None])  # mean, P_1, P_2, ..., P_32
    >>> spectrum.shape, spectrum.argmax().item()
    (torch.Size([1, 33]), 5)
    >>> later = log_spectrum(wave.roll(10)[None, None])
    >>> torch.allclose(later, spectrum, atol=1e-4)
    True
    """
    if x.ndim == 3:
        mean, power = _of_series(x, n_timepoints or x.shape[-1], lengths)
    else:
        mean, power = _of_images(x)
    # (n, n_channels, 1 + bands) -> (n, n_targets)
    return torch.cat([mean.flatten(2), (_FLOOR + power).log().flatten(2)], 2).flatten(1)


def _of_series(
    x: Tensor, n_timepoints: int, lengths: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Compute means (n, n_channels, 1) and power (n, n_channels, bands)."""
    if lengths is None:
        n_values: Tensor | int = x.shape[-1]
        mean = x.mean(-1, keepdim=True)
        centred = x - mean
    else:
        n_values = lengths.clamp_min(1)[:, None, None]
        inside = torch.arange(x.shape[-1], device=x.device) < n_values
        mean = (x * inside).sum(-1, keepdim=True) / n_values
        centred = (x - mean) * inside
    power = summed_power(centred, n_timepoints) / n_values
    power = power[..., 1:]  # without the mean the first one is zero
    if power.shape[-1] > _BANDS:
        power = adaptive_avg_pool1d(power, _BANDS)
    return mean, power


def _of_images(x: Tensor) -> tuple[Tensor, Tensor]:
    """Compute means (n, n_channels, 1, 1) and power (n, n_channels, rows, columns)."""
    mean = x.mean((2, 3), keepdim=True)
    power = torch.fft.rfftn(x - mean, dim=(2, 3)).abs().square() / x.shape[2:].numel()
    side = int(_BANDS**0.5)
    height, width = power.shape[2:]
    return mean, adaptive_avg_pool2d(power, (min(height, side), min(width, side)))


def reconstruction_loss(
    predicted: Sequence[Tensor], targets: Sequence[Tensor], observed: Tensor
) -> Tensor:
    """Compute how far predictions of each modality are from what it shows.

    Parameters
    ----------
    predicted : sequence of M Tensor of shape (n_views, batch, n_targets)
        What the views say of each modality.
    targets : sequence of M Tensor of shape (batch, n_targets)
        What is to be reconstructed; rows without the modality are ignored.
    observed : bool Tensor of shape (batch, M)
        Which modalities each window has.

    Returns
    -------
    Tensor
        Scalar: targets are standardised over the windows of the batch that have the
        modality; the mean squared difference over views, these windows and targets,
        averaged over the modalities that any window has.

    References
    ----------
    .. [1] He, Chen, Xie, Li, Dollár, Girshick, "Masked Autoencoders Are Scalable Vision
       Learners", CVPR 2022, arXiv:2111.06377, section 3.
    .. [2] Wei, Fan, Xie, Wu, Yuille, Feichtenhofer, "Masked Feature Prediction for
       Self-Supervised Visual Pre-Training", CVPR 2022, arXiv:2112.09133: predicts
       features in place of values.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import reconstruction_loss
    >>> target = torch.tensor([[2.0], [4.0]])  # of two windows; standardised -1 and 1
    >>> observed = torch.ones(2, 1).bool()
    >>> right, mean = torch.tensor([[[-1.0], [1.0]]]), torch.zeros(1, 2, 1)
    >>> round(reconstruction_loss([right], [target], observed).item(), 3)
    0.0
    >>> round(reconstruction_loss([mean], [target], observed).item(), 3)
    1.0
    """
    losses = []
    for guess, target, has in zip(predicted, targets, observed.T, strict=True):
        share = has.to(target.dtype) / has.sum().clamp_min(1)  # (batch,)
        target = target.masked_fill(~has[:, None], 0)
        centred = target - share @ target
        target = centred * (share @ centred.square() + _FLAT).rsqrt()
        error = (guess - target).square().mean((0, 2))  # (batch,)
        losses.append((share * error).sum())
    return torch.stack(losses).sum() / observed.any(0).sum().clamp_min(1)


class Reconstruction(CheckedObjective):
    """Masked reconstruction: each view predicts what all sensors of the window show.

    From a masked view's embedding a decoder predicts every modality that the window has,
    the hidden ones too: their means and log power spectra. It does not predict the values
    themselves: encoders pool over time, so that an embedding does not know when in the
    window something happened. Windows are not compared with each other. This is a
    baseline, and ``VICReg(reconstruction=...)`` adds it to the default.

    Parameters
    ----------
    decoder : sequence of int, default=(256,)
        Widths of the decoder's layers, each with batch normalisation and ReLU, before
        the linear one that predicts. It is thrown away after fit. Without any, the
        prediction is linear.

    See Also
    --------
    VICReg : The default, which pulls the views together.

    References
    ----------
    .. [1] He, Chen, Xie, Li, Dollár, Girshick, "Masked Autoencoders Are Scalable Vision
       Learners", CVPR 2022, arXiv:2111.06377, section 3.
    .. [2] Wei, Fan, Xie, Wu, Yuille, Feichtenhofer, "Masked Feature Prediction for
       Self-Supervised Visual Pre-Training", CVPR 2022, arXiv:2112.09133: predicts
       features in place of values.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import Latents, Reconstruction
    >>> acc, eda = torch.randn(32, 3, 64), torch.randn(32, 1, 16)
    >>> objective = Reconstruction().build(16, 8, shapes=[(3, 64), (1, 16)])
    >>> views, codes = torch.randn(2, 32, 16), torch.randn(32, 2, 8)
    >>> observed = torch.ones(32, 2).bool()
    >>> latents = Latents(views, codes, observed, inputs=(acc, eda))
    >>> objective(latents)["loss"].shape
    torch.Size([])
    """

    short_name = "reconstruction"

    _parameter_constraints: dict = {"decoder": ["array-like"]}

    def __init__(self, decoder: Sequence[int] = (256,)):
        self.decoder = decoder

    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        if not len(shapes):
            raise ValueError(
                "Reconstruction predicts the modalities and needs their shapes; pass "
                "build(..., shapes=[(n_channels, n_timepoints), ...])."
            )
        check_sizes(self, "decoder")
        return _Reconstruction(embedding_size, shapes, self.decoder)


class _Reconstruction(ObjectiveModule):
    def __init__(
        self,
        embedding_size: int,
        shapes: Sequence[tuple[int, ...]],
        widths: Sequence[int],
    ):
        super().__init__()
        self.times = [shape[1] if len(shape) == 2 else None for shape in shapes]
        self.sizes = [log_spectrum(torch.zeros(1, *shape)).shape[1] for shape in shapes]
        self.decoder = normalized_layers(embedding_size, [*widths, sum(self.sizes)])

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        views, _, observed, inputs, lengths = latents
        predicted = self.decoder(views.flatten(0, 1)).unflatten(0, views.shape[:2])
        series = zip(inputs, self.times, lengths or [None] * len(inputs), strict=True)
        targets = [log_spectrum(*of_modality) for of_modality in series]
        loss = reconstruction_loss(predicted.split(self.sizes, -1), targets, observed)
        return {"loss": loss}
