"""Which subjects to read."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral


def choose_subjects(subjects: Iterable[int] | None, known: Iterable[int]) -> list[int]:
    """Check the subjects asked for against those whose files are there.

    Parameters
    ----------
    subjects : iterable of int or None
        Those asked for; None is all.
    known : iterable of int
        Those whose files are there.

    Returns
    -------
    list of int
        In ascending order.

    Raises
    ------
    ValueError
        If there are none, or some of them are not known.
    """
    there = sorted(set(known))
    if subjects is None:
        return there
    if isinstance(subjects, (str, bytes)) or not isinstance(subjects, Iterable):
        raise ValueError(
            f"subjects={subjects!r}; expected a sequence of numbers such as {there[:2]}."
        )
    chosen = list(subjects)
    strange = [s for s in chosen if not isinstance(s, Integral) or s not in there]
    if strange or not chosen:
        raise ValueError(
            f"subjects={chosen!r}: {f'there is no {strange}' if strange else 'none'}; "
            f"choose from {there}."
        )
    return sorted({int(subject) for subject in chosen})
