"""What X may be: an array cut into modalities, or modalities that bring their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

from .modalities import Windows, resolve_modalities, to_windows

_ESTIMATOR = "CroSSLTransformer"  # as scikit-learn's messages name it


@dataclass(frozen=True)
class InputForm:
    """The form of X that was fitted, windows apart.

    Parameters
    ----------
    channels : dict of str to tuple of int
        The channels of each modality: of X, or of the modality's own array.
    shapes : dict of str to tuple of int
        Channels and timepoints of each modality.
    array_shape : tuple of int or None
        Shape of one window of an array X; None if X names its modalities.
    unused : tuple of str, default=()
        Modalities that X had and the user did not choose; later X may have them too.
    """

    channels: dict[str, tuple[int, ...]]
    shapes: dict[str, tuple[int, int]]
    array_shape: tuple[int, ...] | None
    unused: tuple[str, ...] = ()


def names_its_modalities(X: Any, modalities: Any = None) -> bool:
    """Say whether X is a mapping, a structured array, or a list of named arrays."""
    if isinstance(X, Mapping):
        return not issparse(X)  # some sparse formats are dicts
    if isinstance(X, np.ndarray) and X.dtype.names is not None:
        return True
    return isinstance(X, (list, tuple)) and _is_names(modalities)


def read_new(X: Any, modalities: Any) -> tuple[InputForm, Windows]:
    """Read the X of a first fit.

    Parameters
    ----------
    X : object
        What the user passed.
    modalities : object
        The parameter of the estimator: channels of an array, or names.

    Returns
    -------
    InputForm, Windows
        The form to hold later X to, and the windows.

    Raises
    ------
    TypeError, ValueError
        If X or ``modalities`` is not as documented.
    """
    if names_its_modalities(X, modalities):
        names = _names_of(X, modalities)
        unused = tuple(name for name in _available(X, names) if name not in names)
        arrays = _named_arrays(X, names, min_windows=2)
        shapes = {name: (x.shape[1], x.shape[2]) for name, x in arrays.items()}
        channels = {name: tuple(range(shape[0])) for name, shape in shapes.items()}
        return InputForm(channels, shapes, None, unused), Windows.of(arrays)
    if _is_names(modalities):
        raise TypeError(
            f"modalities={modalities!r} gives names, but X is a {type(X).__name__}; with "
            "names, pass a mapping, a structured array or a list of arrays."
        )
    values = _array(X, min_windows=2)
    n_channels = 1 if values.ndim == 2 else values.shape[1]
    channels = resolve_modalities(modalities, n_channels)
    windows = to_windows(values, channels)
    return InputForm(channels, windows.shapes, values.shape[1:]), windows


def read_again(X: Any, form: InputForm, min_windows: int = 1) -> Windows:
    """Read an X that must have the form that was fitted.

    Parameters
    ----------
    X : object
        What the user passed. Where it names its modalities, one that was fitted may be
        left out: it is missing then.
    form : InputForm
        What :func:`read_new` returned.
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
        if names_its_modalities(X):
            raise TypeError(
                f"X is a {type(X).__name__} of modalities, but the estimator was fitted "
                f"on an array of windows with shape {form.array_shape}; pass one."
            )
        values = _array(X, min_windows)
        _check_same_form(values, form.array_shape)
        return to_windows(values, form.channels)
    names = list(form.shapes)
    if not names_its_modalities(X, names):
        raise TypeError(
            f"X is a {type(X).__name__}, but the estimator was fitted on the named "
            f"modalities {names}; pass a mapping of them."
        )
    present = _names_of(X, names if isinstance(X, (list, tuple)) else None)
    present = [name for name in present if name not in form.unused]
    unknown = [name for name in present if name not in form.shapes]
    if unknown:
        raise ValueError(f"Unknown modality {unknown[0]!r}; fitted were {names}.")
    if not present:
        raise ValueError(f"X has none of the modalities that were fitted, {names}.")
    arrays = _named_arrays(X, present, min_windows)
    for name, x in arrays.items():
        if x.shape[1:] != form.shapes[name]:
            raise ValueError(
                f"Modality {name!r} has {x.shape[1]} channel(s) of {x.shape[2]} "
                f"timepoints, but was fitted with {form.shapes[name][0]} channel(s) of "
                f"{form.shapes[name][1]} timepoints."
            )
    some = next(iter(arrays.values()))
    nothing = np.array(np.nan, dtype=some.dtype)
    return Windows.of(
        {
            name: arrays.get(name, np.broadcast_to(nothing, (len(some), *shape)))
            for name, shape in form.shapes.items()
        }
    )


def _is_names(modalities: Any) -> bool:
    return (
        isinstance(modalities, (list, tuple))
        and len(modalities) > 0
        and all(isinstance(name, str) for name in modalities)
    )


def _available(X: Any, names: Any) -> list[Any]:
    """List the names that X has; those of a list's arrays are given."""
    if not isinstance(X, (list, tuple)):
        return list(X.dtype.names if isinstance(X, np.ndarray) else X.keys())
    if len(X) != len(names):
        raise ValueError(
            f"X is a list of {len(X)} arrays, but there are {len(names)} modalities, "
            f"{list(names)}; pass one array for each."
        )
    return list(names)


def _names_of(X: Any, names: Any) -> list[str]:
    """List the modalities to read from X: those asked for, or all."""
    available = _available(X, names)
    for name in available:
        if not isinstance(name, str) or not name:
            raise TypeError(f"Modality names are non-empty strings; got {name!r}.")
    if names is not None and not _is_names(names):
        raise TypeError(
            f"modalities={names!r} gives channels, but X names its modalities, "
            f"{available}; leave `modalities` out, or list the names to use."
        )
    chosen = available if names is None else list(names)
    absent = [name for name in chosen if name not in available]
    if absent or len(set(chosen)) < len(chosen):
        raise ValueError(f"modalities={chosen}, but X has {available}, each once.")
    if not chosen:
        raise ValueError("X has no modality; give it at least one.")
    return chosen


def _named_arrays(X: Any, names: list[str], min_windows: int) -> dict[str, np.ndarray]:
    values = X if isinstance(X, (list, tuple)) else [X[name] for name in names]
    arrays = {
        name: _modality(name, x, min_windows)
        for name, x in zip(names, values, strict=True)
    }
    lengths = {name: len(x) for name, x in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"The modalities differ in their number of windows: {lengths}. Give each "
            "a row for every window, NaN throughout where it is missing."
        )
    return arrays


def _modality(name: str, x: Any, min_windows: int) -> np.ndarray:
    """Check one modality's array, to (n_windows, n_channels, n_timepoints)."""
    try:
        values = _array(x, min_windows)
    except (TypeError, ValueError) as error:
        raise type(error)(f"Modality {name!r}: {error}") from error
    return values[:, None, :] if values.ndim == 2 else values


def _array(X: Any, min_windows: int) -> np.ndarray:
    values = check_array(
        X,
        dtype=[np.float32, np.float64],
        allow_nd=True,
        ensure_all_finite=False,  # missing modalities are NaN; Windows checks
        ensure_min_samples=min_windows,
        ensure_min_features=0,
        estimator=_ESTIMATOR,
        input_name="X",
    )
    _check_dimensions(values)
    return values


def _check_dimensions(X: np.ndarray) -> None:
    """Raise ValueError unless X is 2-D or 3-D and has timepoints."""
    if X.ndim not in (2, 3):
        raise ValueError(
            f"X has {X.ndim} dimensions, shape {X.shape}; expected 2, (n_windows, "
            "n_timepoints), or 3, (n_windows, n_channels, n_timepoints)."
        )
    if X.shape[-1] == 0 or X.shape[1] == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is "
            "required: give every window at least one channel and one timepoint."
        )


def _check_same_form(X: np.ndarray, fitted_shape: Sequence[int]) -> None:
    """Raise ValueError where a 3-D X differs from what was fitted, windows apart."""
    fitted = tuple(fitted_shape)
    if X.ndim != len(fitted) + 1:
        forms = {1: "2-D (n_windows, n_timepoints)", 2: "3-D (windows, channels, times)"}
        raise ValueError(
            f"X is {X.ndim}-D, but the estimator was fitted on {forms[len(fitted)]} data "
            f"with shape (n_windows, {', '.join(map(str, fitted))})."
        )
    if X.ndim == 3 and X.shape[1:] != fitted:
        raise ValueError(
            f"X has {X.shape[1]} channels of {X.shape[2]} timepoints, but the estimator "
            f"was fitted on {fitted[0]} channels of {fitted[1]} timepoints; cut and "
            "order the windows as those in fit."
        )
