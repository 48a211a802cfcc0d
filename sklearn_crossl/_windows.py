"""Windows by modality: the one form of X that the rest of the package works on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ._sources import LONG_WINDOW_FACTOR, Source
from ._warnings import warn

_BLOCK_BYTES = 2**25  # read at a time


@dataclass(frozen=True)
class Windows:
    """Windows by modality, with masks of what is missing.

    Parameters
    ----------
    data : dict of str to Source
        The modalities in order.
    observed : bool ndarray of shape (n_windows, M)
        Which modalities each window has. The values of others are not read.
    incomplete : bool ndarray of shape (n_windows, M)
        Which modalities each window has in part: with gaps, or padded at the end.
    """

    data: dict[str, Source]
    observed: np.ndarray
    incomplete: np.ndarray

    @classmethod
    def of(
        cls,
        data: dict[str, Source],
        max_missing: float = 1.0,
        channels: Mapping[str, Sequence[int]] | None = None,
    ) -> Windows:
        """Check the values and find what is missing.

        Parameters
        ----------
        data : dict of str to Source
            The modalities.
        max_missing : float, default=1.0
            A modality is missing from a window if a larger share of it is NaN, unless
            the window has no other modality. It is always missing if all of it is NaN.
        channels : mapping of str to sequence of int, optional
            Numbers of the channels in error messages; their positions if None.

        Returns
        -------
        Windows
            The modalities, and which of them each window has.

        Raises
        ------
        ValueError
            If a value is infinite.
        """
        calls = channels or {name: range(x.shape[0]) for name, x in data.items()}
        shares = {
            name: np.concatenate(
                [
                    _missing_share(name, source, rows, calls[name])
                    for rows in blocks([source], len(source))
                ]
            )
            for name, source in data.items()
        }
        share = np.column_stack(list(shares.values()))  # (n_windows, M)
        padded = np.column_stack([source.is_padded() for source in data.values()])
        observed = (share <= max_missing) & (share < 1)
        nothing = ~np.logical_or.reduce(observed, axis=1, keepdims=True)
        observed |= nothing & (share < 1)  # part of a modality is better than none
        return cls(data, observed, observed & ((share > 0) | padded))

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of an embedding: float64 if any modality has it, else float32."""
        floats = [source.dtype for source in self.data.values() if not source.integers]
        return np.result_type(np.float32, *floats)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Channels, then timepoints or height and width, of each modality."""
        return {name: source.shape for name, source in self.data.items()}

    def blocks(self) -> Iterator[slice]:
        """Cut the rows into blocks that are read at a time."""
        return blocks(self.data.values(), len(self))


def blocks(sources: Iterable[Source], n_windows: int) -> Iterator[slice]:
    """Cut the rows of some modalities into blocks to be read at a time."""
    step = max(1, _BLOCK_BYTES // max(1, sum(source.row_bytes for source in sources)))
    for start in range(0, n_windows, step):
        yield slice(start, min(start + step, n_windows))


def check_any_observed(windows: Windows, advice: str) -> None:
    """Raise ValueError, naming the rows, if a window has no modality at all."""
    empty = np.flatnonzero(~windows.observed.any(axis=1))
    if len(empty):
        rows = ", ".join(map(str, empty[:10])) + (", ..." if len(empty) > 10 else "")
        raise ValueError(
            f"Every modality of {list(windows.data)} is missing (all NaN) in "
            f"{len(empty)} window(s): rows {rows}. {advice}"
        )


def check_modalities(windows: Windows) -> None:
    """Raise ValueError if a modality is missing from every window.

    Warn if one of its windows is much longer than others.
    """
    for (name, source), seen in zip(
        windows.data.items(), windows.observed.T, strict=True
    ):
        if not seen.any():
            raise ValueError(
                f"Modality {name!r} is missing (all NaN) from every window, so nothing "
                "can be learnt from it; leave its channels out of `modalities`."
            )
        longest, usual = source.shape[-1], source.usual_shape[-1]
        if longest > LONG_WINDOW_FACTOR * usual:
            warn(
                f"Modality {name!r} has a window of {longest} timepoints, where nine in "
                f"ten have {usual} at most. Training sees "
                f"{LONG_WINDOW_FACTOR * usual} of them: cut such windows, as "
                "sliding_windows does, or leave them out.",
            )


def _missing_share(
    name: str, source: Source, rows: slice, channels: Sequence[int]
) -> np.ndarray:
    """Return which share of each window is NaN; raise on infinities."""
    x = source.take(rows)
    with np.errstate(invalid="ignore", over="ignore"):
        total = x.sum(dtype=np.float64)
    if np.isfinite(total):  # as scikit-learn does: a fast way out
        return np.zeros(len(x))
    infinite = np.isinf(x)
    if infinite.any():
        window, channel = np.argwhere(infinite)[0][:2]
        raise ValueError(
            f"Modality {name!r} contains infinity: {infinite.sum()} value(s) or more, "
            f"the first in window {rows.start + window}, channel {channels[channel]}. "
            "Remove or clip them; mark what a sensor failed to record by NaN."
        )
    present = np.isfinite(x).reshape(len(x), -1).sum(1)  # (n, channels * time) summed
    sizes = np.maximum(source.sizes(rows), 1)
    # Rounded as max_missing is, unlike 1 - present / sizes.
    return (sizes - present) / sizes
