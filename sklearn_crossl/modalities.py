"""Which channels belong to which modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from ._warnings import warn

__all__ = ["resolve_modalities"]


def resolve_modalities(modalities: Any, n_channels: int) -> dict[str, tuple[int, ...]]:
    """Determine which channels of a 3-D X belong to which modality.

    Parameters
    ----------
    modalities : None, mapping or sequence of int
        None makes each channel its own modality. A mapping gives each name its channel
        indices, as a slice, an int or a sequence of ints; channels that it leaves out are
        not used. A sequence gives the number of channels of consecutive modalities.
    n_channels : int
        Channels of X.

    Returns
    -------
    dict of str to tuple of int
        The channel indices of each modality, in order.

    Raises
    ------
    TypeError
        If ``modalities`` or an entry has another type.
    ValueError
        If a modality is empty, reaches out of range or overlaps with another.

    Examples
    --------
    >>> from sklearn_crossl.modalities import resolve_modalities
    >>> resolve_modalities({"acc": slice(0, 3), "heart": 3}, n_channels=4)
    {'acc': (0, 1, 2), 'heart': (3,)}
    >>> resolve_modalities([3, 1], n_channels=4)
    {'modality0': (0, 1, 2), 'modality1': (3,)}
    >>> resolve_modalities(None, n_channels=2)
    {'channel0': (0,), 'channel1': (1,)}
    """
    if modalities is None:
        return {f"channel{i}": (i,) for i in range(n_channels)}
    if isinstance(modalities, Mapping):
        channels = {
            check_name(name): _channel_indices(name, index, n_channels)
            for name, index in modalities.items()
        }
    else:
        channels = _consecutive(modalities, n_channels)
    if not channels:
        raise ValueError(
            f"modalities={modalities!r} names no modality; give at least one, or None to "
            "make each channel its own."
        )
    _check_disjoint(channels)
    return channels


def check_name(name: Any) -> str:
    """Return a modality's name; raise TypeError unless it is a non-empty string."""
    if not isinstance(name, str) or not name:
        raise TypeError(f"Modality names are non-empty strings; got {name!r}.")
    return name


def _channel_indices(name: str, index: Any, n_channels: int) -> tuple[int, ...]:
    if isinstance(index, slice):
        # A stop beyond the channels is kept, so that it raises below.
        n = max(n_channels, index.start or 0, index.stop or 0)
        indices = list(range(*index.indices(n)))
    elif isinstance(index, Integral) and not isinstance(index, bool):
        indices = [int(index)]
    elif _is_sequence(index):
        indices = list(index)
    else:
        raise TypeError(
            f"Modality {name!r} was given {index!r}; expected channel indices: a slice, "
            "an int or a sequence of ints."
        )
    if not all(isinstance(i, Integral) and not isinstance(i, bool) for i in indices):
        raise TypeError(
            f"Modality {name!r} was given the channels {indices!r}; expected ints."
        )
    if not indices:
        raise ValueError(
            f"Modality {name!r} has no channel ({index!r}); give it at least one, or "
            "leave it out."
        )
    outside = [int(i) for i in indices if not 0 <= i < n_channels]
    if outside:
        raise ValueError(
            f"Modality {name!r} names channel(s) {outside}, but X has {n_channels} "
            f"channel(s), 0 to {n_channels - 1}."
        )
    return tuple(int(i) for i in indices)


def _is_sequence(index: Any) -> bool:
    is_list = isinstance(index, Sequence) and not isinstance(index, str)
    return is_list or getattr(index, "ndim", 0) > 0


def _consecutive(counts: Any, n_channels: int) -> dict[str, tuple[int, ...]]:
    if not isinstance(counts, (list, tuple, np.ndarray)) or not all(
        isinstance(c, Integral) and not isinstance(c, bool) for c in counts
    ):
        raise TypeError(
            f"modalities={counts!r}; expected None, a mapping of names to channels "
            "or a sequence of channel counts."
        )
    if any(c < 1 for c in counts) or sum(counts) != n_channels:
        raise ValueError(
            f"modalities={list(counts)!r}: these sum to {sum(counts)}; X has "
            f"{n_channels} channel(s), and every modality needs at least one."
        )
    ends = np.cumsum(counts)
    return {
        f"modality{i}": tuple(range(int(end - count), int(end)))
        for i, (count, end) in enumerate(zip(counts, ends, strict=True))
    }


def _check_disjoint(channels: Mapping[str, Sequence[int]]) -> None:
    owner: dict[int, str] = {}
    for name, indices in channels.items():
        for index in indices:
            if index in owner:
                raise ValueError(
                    f"Channel {index} belongs to modality {owner[index]!r} and again to "
                    f"{name!r}; modalities must not overlap."
                )
            owner[index] = name


def warn_if_transposed(
    channels: Mapping[str, Sequence[int]], n_channels: int, n_timepoints: int
) -> None:
    """Warn of channels that are probably timepoints: many, most of them not used."""
    n_used = len({index for indices in channels.values() for index in indices})
    if n_channels > n_timepoints and n_used < n_channels:
        warn(
            f"X has windows of {n_channels} channels and {n_timepoints} timepoints, and "
            f"`modalities` takes {n_used} of the channels. If time comes first in X, "
            "pass X.transpose(0, 2, 1); otherwise, pass the channels in use alone.",
        )
