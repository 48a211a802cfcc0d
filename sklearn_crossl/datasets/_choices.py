"""Which of several named parts to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import TypeVar

Part = TypeVar("Part", bound=str | int)


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
        if not isinstance(part, (str, Integral)) or part not in known  # 1.0 == 1
    ]
    if strange or not chosen:
        raise ValueError(
            f"{parameter}={chosen!r}: {f'there is no {strange}' if strange else 'none'}; "
            f"choose from {known}."
        )
    return tuple(part for part in known if part in chosen)
