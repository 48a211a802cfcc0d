"""Latent masking: which parts of the embeddings each view may see.

Every function maps what was observed to boolean ``keep`` masks, one for each of
``n_views`` views of the same embeddings. Masks are drawn after the encoders and
never touch the input, so all views share one encoder pass.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import torch
from torch import Tensor

from ._window_ends import window_lengths

#: The accepted values of ``CroSSLTransformer(masking=...)``.
MASKINGS = ("random", "spatial", "temporal")

__all__ = [
    "MASKINGS",
    "check_masking_ratio",
    "draw_ratio",
    "random_mask",
    "spatial_mask",
    "temporal_mask",
]


def check_masking_ratio(masking_ratio: Any, name: str = "masking_ratio") -> None:
    """Check that a masking ratio is a fraction in [0, 1), or a pair of them in order.

    Parameters
    ----------
    masking_ratio : object
        What the user passed.
    name : str, default="masking_ratio"
        Name of the parameter, for error messages.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> from sklearn_crossl.masking import check_masking_ratio
    >>> check_masking_ratio((0.1, 0.9))
    """
    pair = masking_ratio
    if not isinstance(pair, (tuple, list)):
        pair = (pair, pair)
    good = all(isinstance(r, Real) and 0 <= float(r) < 1 for r in pair)
    if not good or len(pair) != 2 or pair[0] > pair[1]:
        raise ValueError(
            f"{name}={masking_ratio!r}; expected the fraction to hide, at least 0 and "
            "below 1 (1 would hide everything), or a pair (low, high) of such fractions."
        )


def draw_ratio(
    masking_ratio: float | tuple[float, float],
    n_views: int,
    *,
    device: torch.device | str | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw the masking ratio of each view for one training step.

    Parameters
    ----------
    masking_ratio : float or pair of float
        The fraction hidden. A pair ``(low, high)`` is drawn from uniformly, once per
        view.
    n_views : int
        Number of views.
    device : torch.device or str, optional
        Where the ratios are made.
    generator : torch.Generator, optional
        Source of randomness; the default generator of ``device`` if None.

    Returns
    -------
    Tensor of shape (n_views,)
        The ratios.

    Examples
    --------
    >>> from sklearn_crossl.masking import draw_ratio
    >>> draw_ratio(0.5, 2)
    tensor([0.5000, 0.5000])
    """
    if not isinstance(masking_ratio, (tuple, list)):
        return torch.full((n_views,), float(masking_ratio), device=device)
    low, high = masking_ratio
    return low + (high - low) * torch.rand(n_views, device=device, generator=generator)


def spatial_mask(
    observed: Tensor, ratios: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """Hide whole modalities of a window, a different set of them in each view.

    A view with ratio ``r`` of a window that has ``k`` modalities hides ``r * k`` of
    them, rounded up or down at random so that the expectation is exact, and never all:
    at least one observed modality stays. Views that hide the same number of modalities
    hide different ones, as far as there are ``k`` different choices: the hidden
    modalities are an arc of a random cyclic order, and each view's arc starts elsewhere.

    Parameters
    ----------
    observed : bool Tensor of shape (batch, M)
        Which modalities each window has.
    ratios : Tensor of shape (n_views,)
        Fraction of modalities hidden in each view.
    generator : torch.Generator, optional
        Source of randomness; the default generator of the device if None.

    Returns
    -------
    bool Tensor of shape (n_views, batch, M)
        True where a view sees the modality.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.masking import spatial_mask
    >>> keep = spatial_mask(torch.ones(5, 2, dtype=torch.bool), torch.tensor([0.5, 0.5]))
    >>> bool((keep[0] != keep[1]).all())  # two modalities: each view sees the other one
    True
    """
    n_views = len(ratios)
    batch, n_modalities = observed.shape
    device = observed.device
    available = observed.sum(1, keepdim=True)  # (batch, 1)
    cycle = available.clamp_min(1)

    # Systematic rounding: one uniform draw a window, its views evenly spaced on [0, 1).
    steps = torch.arange(n_views, device=device) / n_views
    phase = torch.rand(batch, device=device, generator=generator)
    phase = ((phase + steps[:, None]) % 1)[..., None]  # (n_views, batch, 1)
    n_hidden = (ratios[:, None, None] * available + phase).floor()
    n_hidden = torch.minimum(n_hidden, available - 1).clamp_min(0)

    position = _random_order(observed, generator)  # (batch, M)
    in_cycle = torch.arange(n_modalities, device=device) < available
    starts = _random_order(in_cycle, generator)  # a permutation of 0 .. k-1, then rest
    turn = torch.arange(n_views, device=device)[:, None] % cycle.T  # (n_views, batch)
    start = starts.gather(1, turn.T).T[..., None]  # (n_views, batch, 1)
    hidden = (position - start) % cycle < n_hidden
    return observed & ~hidden


def random_mask(
    observed: Tensor,
    n_units: int,
    ratios: Tensor,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Hide single units of the embeddings, independently.

    Each unit of an observed modality is hidden with probability ``ratio``; if that
    would hide every unit of a window, one of them stays.

    Parameters
    ----------
    observed : bool Tensor of shape (batch, M)
        Which modalities each window has.
    n_units : int
        Units of one modality's embedding.
    ratios : Tensor of shape (n_views,)
        Probability with which a unit is hidden in each view.
    generator : torch.Generator, optional
        Source of randomness; the default generator of the device if None.

    Returns
    -------
    bool Tensor of shape (n_views, batch, M, n_units)
        True where a view sees the unit.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.masking import random_mask
    >>> random_mask(torch.ones(5, 2, dtype=torch.bool), 96, torch.tensor([0.5])).shape
    torch.Size([1, 5, 2, 96])
    """
    batch, n_modalities = observed.shape
    shape = (len(ratios), batch, n_modalities, n_units)
    scores = torch.rand(shape, device=observed.device, generator=generator)
    scores = scores.masked_fill(~observed[..., None], -1.0).flatten(2)  # (V, B, M * D)
    # Scores of at least the ratio are kept, and the largest one in any case.
    largest = scores == scores.amax(-1, keepdim=True)
    keep = (scores >= ratios[:, None, None]) | largest
    return keep.unflatten(2, (n_modalities, n_units)) & observed[..., None]


def temporal_mask(
    steps: Tensor, ratios: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """Hide all of one modality's latent sequence except for one contiguous part.

    Each view of a window sees consecutive steps from a start drawn uniformly. Their
    number is ``1 - ratio`` of all, rounded up or down at random so that the expectation
    is exact, and at least one. If steps were hidden independently, the views would be too
    similar, since neighbouring steps see almost the same input.

    Parameters
    ----------
    steps : bool Tensor of shape (batch, n_steps)
        Which steps depend on recorded values. The sequence ends with the last of these.
    ratios : Tensor of shape (n_views,)
        Share of the steps that is hidden in each view.
    generator : torch.Generator, optional
        Source of randomness; the default generator of the device if None.

    Returns
    -------
    bool Tensor of shape (n_views, batch, n_steps)
        True where a view sees the step; if no step of the stretch was recorded, it sees
        all that were.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.masking import temporal_mask
    >>> steps = torch.ones(5, 16, dtype=torch.bool)
    >>> temporal_mask(steps, torch.tensor([0.5, 0.75])).sum(dim=-1)[:, 0]
    tensor([8, 4])
    """
    batch, n_steps = steps.shape
    position = torch.arange(n_steps, device=steps.device)
    end = window_lengths(steps[:, None])  # (batch,)
    shape = (2, len(ratios), batch)
    rounding, place = torch.rand(shape, device=ratios.device, generator=generator)
    length = ((1 - ratios[:, None]) * end + rounding).floor().clamp_min(1)
    start = (place * (end - length + 1)).floor()  # (n_views, batch)
    after = position - start[..., None]  # (n_views, batch, n_steps)
    keep = (after >= 0) & (after < length[..., None]) & steps
    return torch.where(keep.any(-1, keepdim=True), keep, steps)


def step_weights(sequence: Tensor, coverage: Tensor | None, ratios: Tensor) -> Tensor:
    """Draw which steps each view sees, (n_views, n, G, steps), weighted by coverage."""
    n, n_modalities, n_steps, _ = sequence.shape
    if coverage is None:
        steps = torch.ones(
            n * n_modalities, n_steps, dtype=torch.bool, device=sequence.device
        )
        return temporal_mask(steps, ratios).unflatten(1, (n, n_modalities))
    keep = temporal_mask(coverage.flatten(0, 1) > 0, ratios)  # (n_views, n * G, steps)
    return keep.unflatten(1, (n, n_modalities)) * coverage


def _random_order(members: Tensor, generator: torch.Generator | None) -> Tensor:
    """Rank the members of each row 0, 1, ... in random order, the others after them."""
    draws = torch.rand(members.shape, device=members.device, generator=generator)
    return draws.masked_fill(~members, 2.0).argsort(1).argsort(1)
