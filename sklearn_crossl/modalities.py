"""The input contract: any accepted X becomes named, checked windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

__all__ = ["Windows", "resolve_modalities", "to_windows"]


@dataclass(frozen=True)
class Windows:
    """Windows by modality: the one form that the package works on.

    Parameters
    ----------
    data : dict of str to ndarray of shape (n_windows, n_channels, n_timepoints)
        The modalities in order. A missing one's rows are all NaN.
    observed : bool ndarray of shape (n_windows, M)
        Which modalities each window has.
    """

    data: dict[str, np.ndarray]
    observed: np.ndarray

    @classmethod
    def of(
        cls,
        data: dict[str, np.ndarray],
        channels: Mapping[str, Sequence[int]] | None = None,
    ) -> Windows:
        """Check the values and find what is missing.

        Parameters
        ----------
        data : dict of str to ndarray of shape (n_windows, n_channels, n_timepoints)
            The modalities.
        channels : mapping of str to sequence of int, optional
            What errors call the channels; their positions if None.

        Returns
        -------
        Windows
            The modalities, and which of them each window has.
        """
        calls = channels or {name: range(x.shape[1]) for name, x in data.items()}
        observed = [_check_values(name, x, calls[name]) for name, x in data.items()]
        return cls(data, np.column_stack(observed))

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def dtype(self) -> np.dtype:
        """The precision of the values: float64 if any modality has it."""
        return np.result_type(*self.data.values())

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """Channels and timepoints of each modality."""
        return {name: (x.shape[1], x.shape[2]) for name, x in self.data.items()}

    def subset(self, rows: np.ndarray | slice) -> Windows:
        """Select windows.

        Parameters
        ----------
        rows : ndarray of int or slice
            Which ones.

        Returns
        -------
        Windows
            The selected ones.
        """
        data = {name: x[rows] for name, x in self.data.items()}
        return Windows(data, self.observed[rows])


def resolve_modalities(modalities: Any, n_channels: int) -> dict[str, tuple[int, ...]]:
    """Say which channels of a 3-D X belong to which modality.

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
            _check_name(name): _channel_indices(name, index, n_channels)
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


def to_windows(X: np.ndarray, channels: Mapping[str, Sequence[int]]) -> Windows:
    """Split a numeric array into modalities and check their values.

    Parameters
    ----------
    X : ndarray of shape (n_windows, [n_channels,] n_timepoints)
        The windows; a 2-D X is one channel. A modality that a window does not have is
        NaN throughout.
    channels : mapping of str to sequence of int
        As :func:`resolve_modalities` returns.

    Returns
    -------
    Windows
        Views of X where a modality's channels are consecutive, else copies.

    Raises
    ------
    ValueError
        If a value is infinite, or a modality of a window is NaN in part.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl.modalities import to_windows
    >>> X = np.zeros((4, 2, 5))
    >>> X[1, 1] = np.nan  # window 1 has no second modality
    >>> to_windows(X, {"acc": [0], "heart": [1]}).observed[1].tolist()
    [True, False]
    """
    if X.ndim == 2:
        X = X[:, None, :]  # (n_windows, 1, n_timepoints)
    data = {name: X[:, _as_slice(indices)] for name, indices in channels.items()}
    return Windows.of(data, channels)


def check_any_observed(windows: Windows, advice: str) -> None:
    """Raise ValueError, naming the rows, if a window has no modality at all."""
    empty = np.flatnonzero(~windows.observed.any(axis=1))
    if len(empty):
        rows = ", ".join(map(str, empty[:10])) + (", ..." if len(empty) > 10 else "")
        raise ValueError(
            f"Every modality is missing (all NaN) in {len(empty)} window(s): rows "
            f"{rows}. {advice}"
        )


def check_each_modality_observed(windows: Windows) -> None:
    """Raise ValueError if some modality is missing from every window."""
    for name, seen in zip(windows.data, windows.observed.T, strict=True):
        if not seen.any():
            raise ValueError(
                f"Modality {name!r} is missing (all NaN) from every window, so nothing "
                "can be learnt of it; leave its channels out of `modalities`."
            )


def _check_name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise TypeError(f"Modality names are non-empty strings; got {name!r}.")
    return name


def _channel_indices(name: str, index: Any, n_channels: int) -> tuple[int, ...]:
    if isinstance(index, slice):
        start, stop, step = index.start or 0, index.stop, index.step or 1
        indices = list(range(start, n_channels if stop is None else stop, step))
    elif isinstance(index, Integral) and not isinstance(index, bool):
        indices = [int(index)]
    elif isinstance(index, (Sequence, np.ndarray)) and not isinstance(index, str):
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


def _as_slice(indices: Sequence[int]) -> slice | list[int]:
    """Prefer a slice, which does not copy."""
    if list(indices) == list(range(indices[0], indices[0] + len(indices))):
        return slice(indices[0], indices[0] + len(indices))
    return list(indices)


def _check_values(name: str, x: np.ndarray, channels: Sequence[int]) -> np.ndarray:
    """Return which windows have the modality; raise on infinities and gaps."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = x.sum(dtype=np.float64)
    if np.isfinite(total):  # as scikit-learn does: a fast way out
        return np.ones(len(x), dtype=bool)
    infinite = np.isinf(x)
    if infinite.any():
        window, channel, _ = np.argwhere(infinite)[0]
        raise ValueError(
            f"Modality {name!r} contains infinity: {infinite.sum()} value(s), the first "
            f"in window {window}, channel {channels[channel]}. Remove or clip them; mark "
            "a sensor that failed by NaN in all its channels."
        )
    nan = np.isnan(x)
    missing = nan.all(axis=(1, 2))
    gaps = nan & ~missing[:, None, None]
    if gaps.any():
        window, channel, _ = np.argwhere(gaps)[0]
        raise ValueError(
            f"Modality {name!r} contains NaN in part of a window: {gaps.sum()} value(s) "
            f"in {gaps.any(axis=(1, 2)).sum()} window(s), the first in window {window}, "
            f"channel {channels[channel]}. A window has a modality whole or not at all: "
            "fill the gaps, or set the whole modality to NaN to mark it missing."
        )
    return ~missing
