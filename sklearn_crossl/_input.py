"""The input contract: X, whatever holds it, becomes checked windows by modality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._containers import (
    are_names,
    as_list,
    names_in,
    names_its_modalities,
    read_modalities,
)
from ._read_source import read_source
from ._sources import InMemory, Source, Unequal
from ._windows import Windows
from .modalities import check_name, resolve_modalities, warn_if_transposed


@dataclass(frozen=True)
class InputForm:
    """The form of the fitted X, apart from its number of windows.

    Parameters
    ----------
    channels : dict of str to tuple of int
        The channels of each modality: of X, or of the modality's own array.
    shapes : dict of str to tuple of int
        Channels, then timepoints or height and width, of each modality.
    array_shape : tuple of int or None
        Shape of one window of an array X; None if X names its modalities.
    unequal : tuple of str
        Modalities whose windows differ in length. The last number of their shape is the
        length that nine in ten windows do not exceed; later windows may have any length.
    unused : tuple of str, default=()
        Modalities of X that the user did not choose; a later X may have them, too.
    """

    channels: dict[str, tuple[int, ...]]
    shapes: dict[str, tuple[int, ...]]
    array_shape: tuple[int, ...] | None
    unequal: tuple[str, ...]
    unused: tuple[str, ...] = ()

    @property
    def n_channels(self) -> int:
        """Channels of an array X, or of all modalities."""
        if self.array_shape is not None:
            return 1 if len(self.array_shape) == 1 else self.array_shape[0]
        return sum(shape[0] for shape in self.shapes.values())


def read_for_fit(
    X: Any, modalities: Any, max_missing: float
) -> tuple[InputForm, Windows]:
    """Read the X of a first fit.

    Parameters
    ----------
    X : object
        What the user passed.
    modalities : object
        The parameter of the estimator: channels of an array, or names.
    max_missing : float
        Share of a window's modality that may be NaN.

    Returns
    -------
    InputForm, Windows
        The form that any later X must have, and the windows.

    Raises
    ------
    TypeError, ValueError
        If X or ``modalities`` is not as documented.
    """
    modalities = as_list(modalities)
    if names_its_modalities(X, modalities):
        names = _chosen(X, modalities)
        unused = [name for name in names_in(X, names) if name not in names]
        sources = read_modalities(X, names, min_windows=2)
        channels = {name: tuple(range(x.shape[0])) for name, x in sources.items()}
        form = InputForm(channels, _shapes(sources), None, _unequal(sources), (*unused,))
        return form, Windows.of(sources, max_missing)
    if are_names(modalities):
        raise TypeError(
            f"modalities={modalities!r} gives names, but X is a {type(X).__name__}; with "
            "names, pass a mapping, a structured array, a data frame whose cells hold "
            "arrays, or a list of arrays."
        )
    whole = read_source(X, min_windows=2)
    _check_series(whole)
    channels = resolve_modalities(modalities, whole.shape[0])
    warn_if_transposed(channels, *whole.shape)
    sources = {name: whole.channels(indices) for name, indices in channels.items()}
    shape = whole.shape[1:] if whole.flat else whole.shape
    form = InputForm(channels, _shapes(sources), shape, _unequal(sources))
    return form, Windows.of(sources, max_missing, channels)


def check_same_modalities(modalities: Any, form: InputForm) -> None:
    """Check that the parameter still describes the modalities that were fitted.

    Raises
    ------
    TypeError, ValueError
        If it does not.
    """
    modalities = as_list(modalities)
    fitted = list(form.channels.items())
    if form.array_shape is not None:
        same = (
            not are_names(modalities)
            and list(resolve_modalities(modalities, form.n_channels).items()) == fitted
        )
    elif modalities is None:
        same = not form.unused
    else:
        same = are_names(modalities) and list(modalities) == list(form.channels)
    if not same:
        raise ValueError(
            f"modalities={modalities!r}, but the estimator was fitted on "
            f"{form.channels}, and training goes on with these; set `modalities` back, "
            "or fit afresh with warm_start=False."
        )


def read_for_transform(
    X: Any, form: InputForm, max_missing: float, min_windows: int = 1
) -> Windows:
    """Read an X that must have the form that was fitted.

    Parameters
    ----------
    X : object
        What the user passed. If it names its modalities, it may leave out fitted ones,
        which are then missing.
    form : InputForm
        What :func:`read_for_fit` returned.
    max_missing : float
        Share of a window's modality that may be NaN.
    min_windows : int, default=1
        How many windows it must have.

    Returns
    -------
    Windows
        All modalities of the form, in its order.

    Raises
    ------
    TypeError, ValueError
        If X differs in form.
    """
    if form.array_shape is not None:
        sources = _read_array_again(X, form, min_windows)
        return Windows.of(sources, max_missing, form.channels)
    return Windows.of(_read_named_again(X, form, min_windows), max_missing)


def _read_array_again(X: Any, form: InputForm, min_windows: int) -> dict[str, Source]:
    assert form.array_shape is not None
    if names_its_modalities(X):
        raise TypeError(
            f"X is a {type(X).__name__} of modalities, but the estimator was fitted "
            f"on an array of windows with shape {form.array_shape}; pass one."
        )
    whole = read_source(X, min_windows)
    _check_series(whole)
    fitted = form.array_shape
    n_dimensions = 1 if whole.flat else 2
    if n_dimensions != len(fitted):
        forms = {1: "2-D (n_windows, n_timepoints)", 2: "3-D (windows, channels, times)"}
        raise ValueError(
            f"X is {n_dimensions + 1}-D, but the estimator was fitted on "
            f"{forms[len(fitted)]} data with shape (n_windows, "
            f"{', '.join(map(str, fitted))})."
        )
    n_channels, n_timepoints = whole.shape
    if len(fitted) == 1 and not form.unequal and not whole.unequal:
        if n_timepoints != fitted[0]:  # worded as scikit-learn words it
            raise ValueError(
                f"X has {n_timepoints} features, but estimator is expecting {fitted[0]} "
                "features as input: the timepoints of a window."
            )
    elif n_channels != form.n_channels or not _fits(
        whole, fitted[-1], bool(form.unequal)
    ):
        raise ValueError(
            f"X has {n_channels} channel(s) of {n_timepoints} timepoints, but the "
            f"estimator was fitted on {form.n_channels} channel(s) of {fitted[-1]} "
            "timepoints; cut and order the windows as those in fit, and fill shorter "
            "ones up with NaN at the end."
        )
    sources = {name: whole.channels(form.channels[name]) for name in form.channels}
    return {name: _as_fitted(name, x, form) for name, x in sources.items()}


def _read_named_again(X: Any, form: InputForm, min_windows: int) -> dict[str, Source]:
    names = list(form.shapes)
    if not names_its_modalities(X, names):
        raise TypeError(
            f"X is a {type(X).__name__}, but the estimator was fitted on the named "
            f"modalities {names}; pass a mapping of them."
        )
    present = _chosen(X, names if isinstance(X, (list, tuple)) else None)
    present = [name for name in present if name not in form.unused]
    unknown = [name for name in present if name not in form.shapes]
    if unknown:
        raise ValueError(f"Unknown modality {unknown[0]!r}; fitted were {names}.")
    if not present:
        raise ValueError(f"X has none of the modalities that were fitted, {names}.")
    sources = read_modalities(X, present, min_windows, form.shapes)
    n_windows = len(next(iter(sources.values())))
    nothing = np.array(np.nan, dtype=np.float32)
    return {
        name: _as_fitted(name, sources[name], form)
        if name in sources
        else InMemory(np.broadcast_to(nothing, (n_windows, *shape)))
        for name, shape in form.shapes.items()
    }


def _as_fitted(name: str, source: Source, form: InputForm) -> Source:
    """Check that a modality has the fitted shape, and bring it to the fitted form."""
    fitted, unequal = form.shapes[name], name in form.unequal
    alike = source.shape[:-1] == fitted[:-1] and len(source.shape) == len(fitted)
    if not alike or not _fits(source, fitted[-1], unequal):
        lengths = "up to " if source.unequal else ""
        raise ValueError(
            f"Modality {name!r} has {_described(source.shape, lengths)}, but was fitted "
            f"with {_described(fitted, 'mostly up to ' if unequal else '')}."
        )
    if unequal and not source.unequal:
        windows = list(source.take(slice(None)))
        return Unequal(windows, fitted[0], integers=source.integers)
    if isinstance(source, Unequal) and not unequal:
        return source.filled_up(fitted[-1])
    return source


def _fits(source: Source, n_timepoints: int, unequal: Any) -> bool:
    """Return whether windows of these lengths can be used after fit.

    If all windows had one length in fit, a list of unequal windows may have shorter ones,
    whose end is then missing.
    """
    n = source.shape[-1]
    return bool(unequal) or (n <= n_timepoints if source.unequal else n == n_timepoints)


def _described(shape: tuple[int, ...], prefix: str) -> str:
    size = " x ".join(map(str, shape[1:]))
    unit = "timepoints" if len(shape) == 2 else "pixels"
    return f"{shape[0]} channel(s) of {prefix}{size} {unit}"


def _chosen(X: Any, names: Any) -> list[str]:
    """List the modalities to read from X: those asked for, or all."""
    available = names_in(X, names)
    for name in available:
        check_name(name)
    if names is not None and not are_names(names):
        raise TypeError(
            f"modalities={names!r} gives channels, but X names its modalities, "
            f"{available}; leave `modalities` out, or list the names to use."
        )
    chosen = available if names is None else list(names)
    absent = [name for name in chosen if name not in available]
    if absent or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"modalities={chosen} must name modalities of X, each at most once; X has "
            f"{available}."
        )
    if not chosen:
        raise ValueError("X has no modality; give it at least one.")
    return chosen


def _check_series(source: Source) -> None:
    if len(source.shape) != 2:
        raise ValueError(
            f"X has {len(source.shape) + 1} dimensions; expected 2, (n_windows, "
            "n_timepoints), or 3, (n_windows, n_channels, n_timepoints). Give images by "
            "name, in a mapping: {'image': X}."
        )


def _shapes(sources: dict[str, Source]) -> dict[str, tuple[int, ...]]:
    # A single long window must not make the network sample all windows less densely.
    return {name: source.usual_shape for name, source in sources.items()}


def _unequal(sources: dict[str, Source]) -> tuple[str, ...]:
    return tuple(name for name, source in sources.items() if source.unequal)
