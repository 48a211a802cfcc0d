"""Which of several named parts to read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from typing import Any, TypeVar

from sklearn.utils._param_validation import Interval, validate_params

Part = TypeVar("Part", bound=str | int)

_SECONDS = [Interval(Real, 0, None, closed="neither"), None]
_OPTIONS: dict[str, list[Any]] = {
    "as_windows": ["boolean"],
    "window_seconds": _SECONDS,
    "step_seconds": _SECONDS,
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
}


def validate_fetcher(
    **options: list[Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a fetcher so that it checks the common options and its own ones.

    Parameters
    ----------
    **options : list
        Constraints of its own, as scikit-learn has them.

    Returns
    -------
    callable
        The decorator.
    """
    return validate_params({**_OPTIONS, **options}, prefer_skip_nested_validation=True)


def choose_parts(
    parameter: str, parts: Iterable[Part] | None, known: Sequence[Part]
) -> tuple[Part, ...]:
    """Check the parts asked for against those that a data set has.

    Parameters
    ----------
    parameter : str
        The name by which the user gives them.
    parts : iterable of str or int, or None
        Those asked for; None is all.
    known : sequence of str or int
        Those that there are.

    Returns
    -------
    tuple of str or int
        In the order of ``known``.

    Raises
    ------
    ValueError
        If there are none, or some of them are not known.
    """
    if parts is None:
        return tuple(known)
    if isinstance(parts, (str, bytes)) or not isinstance(parts, Iterable):
        kind = "sequence of numbers" if isinstance(known[0], Integral) else "sequence"
        raise ValueError(f"{parameter}={parts!r}; expected a {kind} such as {known[:2]}.")
    chosen = tuple(parts)
    strange = [
        part
        for part in chosen
        # 1.0 and True equal 1, but are not valid numbers of a part
        if not isinstance(part, (str, Integral))
        or isinstance(part, bool)
        or part not in known
    ]
    if strange or not chosen:
        wrong = f": there is no {strange}" if strange else " is empty"
        raise ValueError(f"{parameter}={chosen!r}{wrong}; choose from {known}.")
    return tuple(part for part in known if part in chosen)
