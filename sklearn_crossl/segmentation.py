"""From continuous recordings of several rates to windows aligned in time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from skorch.helper import SliceDict

from ._cutting import LABELS, cut_together, positive, stack_windows
from ._moment_labels import MomentLabels, join_labels, majority, read_labels
from ._signals import check_durations, read_signals
from ._time_index import has_index

__all__ = ["SlidingWindows", "sliding_windows"]


@dataclass(frozen=True, eq=False)
class SlidingWindows:
    """Result of :func:`sliding_windows`: unpacks into ``X, y, groups``; has ``starts``.

    Parameters
    ----------
    X : SliceDict of str to ndarray of shape (n_windows, n_channels, n_timepoints)
        The modalities, ready for ``fit`` and for cross-validation.
    y : ndarray of shape (n_windows,) or None
        The label of each window; NaN or None for windows that are mostly without a label.
        None if no labels were given.
    groups : ndarray of shape (n_windows,)
        The group of the recording that each window was cut from.
    starts : ndarray of shape (n_windows,)
        When each window begins. Seconds from the start of its recording or, if that has a
        time index, times of the same kind: seconds, timedeltas or datetimes (in UTC if
        the index has a time zone). If recordings differ in this, the dtype is object.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl.segmentation import sliding_windows
    >>> recording = {"acc": np.zeros((3, 200)), "eda": np.zeros(16)}  # of four seconds
    >>> windows = sliding_windows([recording], {"acc": 50, "eda": 4}, 2, 1, groups=[7])
    >>> windows.X["eda"].shape, windows.y, windows.groups, windows.starts
    ((3, 1, 8), None, array([7, 7, 7]), array([0., 1., 2.]))
    >>> X, y, groups = windows
    """

    X: SliceDict
    y: np.ndarray | None
    groups: np.ndarray
    starts: np.ndarray

    def __iter__(self) -> Iterator[Any]:
        """Unpack into what ``fit`` and cross-validation take."""
        return iter((self.X, self.y, self.groups))


def sliding_windows(
    recordings: Mapping[str, ArrayLike] | Sequence[Mapping[str, ArrayLike]],
    rates: Mapping[str, float],
    window_seconds: float,
    step_seconds: float,
    labels: ArrayLike | Sequence[ArrayLike] | None = None,
    groups: ArrayLike | None = None,
    *,
    label_rate: float | None = None,
    purity: float = 0.5,
) -> SlidingWindows:
    """Cut continuous recordings of several rates into windows aligned in time.

    Window ``i`` begins ``i * step_seconds`` after the start of its recording and lasts
    for ``window_seconds``. For a sensor at ``rate``, whose sample ``k`` is taken at
    ``k / rate``, it contains ``round(window_seconds * rate)`` samples, starting with the
    first one in that span. Times are exact fractions, so that windows do not drift even
    in long recordings. Only windows that every sensor covers are cut. Windows without
    any value, as in a pause, are left out.

    Parameters
    ----------
    recordings : mapping of str to array-like, or sequence of such mappings
        Each recording has an array (n_channels, n_samples), or (n_samples,), for each
        modality, all from the same start. Alternatively, it has a pandas DataFrame or
        Series for each, with a column for each channel and a time index of datetimes,
        timedeltas or seconds; it may also be one DataFrame in which ``recording[name]``
        selects a modality's columns. Each sample is then moved to the nearest point of
        its modality's regular grid. The grids start when all modalities have begun, up to
        half a sample earlier or later to match the samples. Points without a sample are
        NaN. A recording may lack modalities, which are NaN in its windows.
    rates : mapping of str to float
        Samples per second of each modality.
    window_seconds : float
        Length of a window.
    step_seconds : float
        From the start of one window to that of the next.
    labels : array-like of shape (n_samples,), or sequence of them, default=None
        The labels of each recording, sampled at ``label_rate`` from its start; NaN or
        None where there is none. For a recording with a time index, a Series whose index
        is of the same kind and has a time zone only if that does. Each label holds until
        the next, and the first one also for the time before it.
    groups : array-like of shape (n_recordings,), default=None
        The group of each recording, such as its subject; its position if None.
    label_rate : float, default=None
        Labels per second; the rate of the first modality if None. A label holds until
        the next one, also in windows shorter than that.
    purity : float, default=0.5
        Windows whose most frequent label has a smaller share than this are left out.
        Ties go to the label that sorts first.

    Returns
    -------
    SlidingWindows
        Unpacks into ``X``, ``y`` and ``groups``; its ``starts`` are the times at which
        windows begin.

    Raises
    ------
    TypeError
        If signals hold no numbers, or some in a recording have times and others not.
    ValueError
        If the modalities differ from those in ``rates``, or their channels between
        recordings, a rate or a length is not positive, ``purity`` is no share, the
        recordings and their labels do not match in number or in the kind of their index,
        labels are not one-dimensional or mix types, or no window fits.

    Warns
    -----
    UserWarning
        If signals without a time index, or their labels, differ in duration at the given
        rates, a time index implies another rate, or a modality has many more channels
        than samples.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl.segmentation import sliding_windows
    >>> recording = {"acc": np.zeros((3, 500)), "eda": np.zeros(40)}
    >>> X, y, groups = sliding_windows(
    ...     recording, {"acc": 50, "eda": 4}, window_seconds=2, step_seconds=1
    ... )
    >>> X["acc"].shape, X["eda"].shape
    ((9, 3, 100), (9, 1, 8))
    """
    single = isinstance(recordings, Mapping) or has_index(recordings)
    parts: list[Any] = [recordings] if single else list(recordings)
    _check_names(parts, rates)
    exact = {name: positive(f"rates[{name!r}]", rate) for name, rate in rates.items()}
    first = next(iter(exact.values()))
    marks = first if label_rate is None else positive("label_rate", label_rate)
    window = positive("window_seconds", window_seconds)
    # Repeat labels if a window has few, so that their shares in it can be measured.
    often = 1 if window * marks >= 10 else math.ceil(max(exact.values()) / marks)
    step = positive("step_seconds", step_seconds)
    if not (isinstance(purity, Real) and 0 <= purity <= 1):
        raise ValueError(f"purity={purity!r}; expected a share, from 0 to 1.")
    label_parts = read_labels(labels, len(parts), single)
    group_of = _group_of_each(groups, len(parts))
    cuts, ys, times = [], [], []
    for part, part_labels in zip(parts, label_parts, strict=True):
        present = {name: rate for name, rate in exact.items() if name in part}
        signals = read_signals(part, part_labels, present, marks, often)
        if signals.index is None:
            check_durations(signals.streams, window)
        cut, seconds = cut_together(signals.streams, window, step)
        if part_labels is not None:
            cut, of_windows, clear = _label(cut, part_labels, purity)
            ys.append(of_windows)
            seconds = seconds[clear]
        cuts.append(cut)
        times.append(signals.times(seconds))
    counts = [len(of_part) for of_part in times]
    if not sum(counts):
        raise ValueError(
            f"No window of {window_seconds} s fits: the recordings are too short or have "
            f"no values, or no label has a share of {purity} in any window."
        )
    X = SliceDict()
    for name, rate in exact.items():
        of_parts = [cut.get(name) for cut in cuts]
        X[name] = stack_windows(name, of_parts, counts, round(window * rate))
    y = join_labels(ys) if ys else None
    return SlidingWindows(X, y, np.repeat(group_of, counts), _joined(times))


def _group_of_each(groups: Any, n_recordings: int) -> np.ndarray:
    of_each = np.arange(n_recordings) if groups is None else np.asarray(groups)
    if of_each.shape != (n_recordings,):
        raise ValueError(
            f"groups has shape {of_each.shape}; expected one for each of {n_recordings} "
            "recording(s)."
        )
    return of_each


def _label(
    cut: Mapping[Any, np.ndarray], labels: MomentLabels, purity: float
) -> tuple[dict[Any, np.ndarray], np.ndarray, np.ndarray]:
    """Label windows by their most frequent label; leave out those without a clear one.

    Returns the signals and the labels of the windows that are kept, and which these are.
    """
    codes, share = majority(cut[LABELS][:, 0], len(labels.values))
    clear = share >= purity
    signals = {name: x[clear] for name, x in cut.items() if name is not LABELS}
    return signals, labels.values[codes[clear]], clear


def _joined(times: list[np.ndarray]) -> np.ndarray:
    """Join the starts of windows, as objects where they are of several kinds."""
    alike = len({of_part.dtype.kind for of_part in times}) == 1
    return np.concatenate(times if alike else [t.astype(object) for t in times])


def _check_names(parts: Sequence[Any], rates: Mapping[str, float]) -> None:
    names = list(rates)
    if not names or not parts:
        raise ValueError("Give at least one recording, and the rate of each modality.")
    for index, part in enumerate(parts):
        listed = [] if has_index(part) else list(part)  # a table may have other columns
        nothing = [name for name in listed if part[name] is None]
        if nothing:
            raise ValueError(
                f"Recording {index} has None for {nothing}; leave out what it lacks."
            )
        unknown = [name for name in listed if name not in names]
        if unknown or not any(name in part for name in names):
            raise ValueError(
                f"Recording {index} has the modalities {list(part)}, but rates are given "
                f"for {names}; give a rate for each that it has."
            )
    nowhere = [name for name in names if not any(name in part for part in parts)]
    if nowhere:
        raise ValueError(f"No recording has the modalities {nowhere} of rates.")
