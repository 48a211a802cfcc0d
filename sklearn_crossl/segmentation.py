"""From continuous recordings of several rates to windows aligned in time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from skorch.helper import SliceDict

from ._cutting import LABELS, cut_together, positive, stack_windows
from ._rows import is_mapping
from ._sample_labels import SampleLabels, join_labels, majority, read_labels
from ._signals import check_durations, check_recordings, read_signals
from ._time_index import has_index, time_kind

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
        half a sample earlier or later to match the samples, and end when the first one
        ends; rows of NaN count as going on. Points without a sample are NaN. A recording
        may lack modalities, which are NaN in its windows.
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
        the next, and the first one also for the time before it. In place of the labels
        of a recording, None says that it has none. A target that is a number, such as a
        heart rate, is one more modality, of which you take the mean in each window.
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
        If a recording or ``rates`` is of another kind, signals hold no numbers, or some
        of a recording have times and others not.
    ValueError
        If the modalities differ from those in ``rates``, or their channels between
        recordings, a rate or a length is not positive, ``purity`` is no share, the
        recordings and their labels do not match in number or in the kind of their index,
        some recordings have a time zone and others none, labels are not one-dimensional
        or mix types, or no window fits.

    Warns
    -----
    UserWarning
        If signals, or labels without a time index, cover different times, so that much
        is left out, a time index implies another rate, or a modality has many more
        channels than samples.

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
    single = is_mapping(recordings) or has_index(recordings)
    parts: list[Any] = [recordings] if single else list(recordings)
    check_recordings(parts, rates)
    exact = {name: positive(f"rates[{name!r}]", rate) for name, rate in rates.items()}
    first = next(iter(exact.values()))
    marks = first if label_rate is None else positive("label_rate", label_rate)
    window = positive("window_seconds", window_seconds)
    # Repeat labels if a window has few, so that their shares in it can be measured.
    label_repeats = 1 if window * marks >= 10 else math.ceil(max(exact.values()) / marks)
    step = positive("step_seconds", step_seconds)
    if not (isinstance(purity, Real) and 0 <= purity <= 1):
        raise ValueError(f"purity={purity!r}; expected a share, from 0 to 1.")
    label_parts = read_labels(labels, len(parts), single)
    group_of = _group_of_each(groups, len(parts))
    plan = _Plan(exact, marks, label_repeats, window, step, purity)
    cuts = []
    for number, (part, of_part) in enumerate(zip(parts, label_parts, strict=True)):
        try:
            cuts.append(_cut(part, of_part, plan))
        except (TypeError, ValueError) as error:
            if single:
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"Recording {number}: {error}") from error
    counts = [len(cut.starts) for cut in cuts]
    if not sum(counts):
        raise ValueError(
            f"No window of {window_seconds} s fits: the recordings are too short or have "
            f"no values, or no label has a share of {purity} in any window."
        )
    X = SliceDict()
    for name, rate in exact.items():
        of_parts = [cut.signals.get(name) for cut in cuts]
        X[name] = stack_windows(name, of_parts, counts, round(window * rate))
    y = None if labels is None else join_labels([cut.y for cut in cuts])
    return SlidingWindows(X, y, np.repeat(group_of, counts), _joined_starts(cuts))


class _Plan(NamedTuple):
    """How to cut recordings, in exact numbers."""

    rates: dict[str, Fraction]
    label_rate: Fraction
    label_repeats: int  # how often each label is repeated
    window: Fraction  # seconds
    step: Fraction
    purity: float


class _Cut(NamedTuple):
    """The windows of one recording."""

    signals: dict[Any, np.ndarray]
    y: np.ndarray
    starts: np.ndarray
    time_kind: str | None


def _cut(part: Any, labels: SampleLabels | None, plan: _Plan) -> _Cut:
    """Cut the windows of one recording; leave out those without a clear label."""
    present = {name: rate for name, rate in plan.rates.items() if name in part}
    signals = read_signals(part, labels, present, plan.label_rate, plan.label_repeats)
    check_durations(signals, plan.window)
    cut, seconds = cut_together(signals.streams, plan.window, plan.step)
    y = np.full(len(seconds), None, dtype=object)
    if labels is not None:
        codes, share = majority(cut.pop(LABELS)[:, 0], len(labels.values))
        clear = share >= plan.purity
        cut = {name: x[clear] for name, x in cut.items()}
        y, seconds = labels.values[codes[clear]], seconds[clear]
    kind = None if signals.index is None else time_kind(signals.index)
    return _Cut(cut, y, signals.times(seconds), kind)


def _group_of_each(groups: Any, n_recordings: int) -> np.ndarray:
    of_each = np.arange(n_recordings) if groups is None else np.asarray(groups)
    if of_each.shape != (n_recordings,):
        raise ValueError(
            f"groups has shape {of_each.shape}; expected one for each of {n_recordings} "
            "recording(s)."
        )
    return of_each


def _joined_starts(cuts: list[_Cut]) -> np.ndarray:
    """Join the starts of windows, as objects where they are of several kinds."""
    datetimes = {c.time_kind for c in cuts if c.time_kind and "datetimes" in c.time_kind}
    if len(datetimes) > 1:
        raise ValueError(
            f"Recordings have {' and '.join(sorted(datetimes))}; give all of them one, "
            "by tz_localize, or none."
        )
    starts = [cut.starts for cut in cuts if len(cut.starts)]
    alike = len({of_part.dtype.kind for of_part in starts}) == 1
    return np.concatenate(starts if alike else [t.astype(object) for t in starts])
