"""Which subjects to read."""

from __future__ import annotations

from collections.abc import Iterable

from ._choices import choose_parts


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
    try:
        return list(choose_parts("subjects", subjects, sorted(set(known))))
    except ValueError as error:
        raise ValueError(
            f"{error} Those are the ones whose files were found; if others are missing, "
            "move the incomplete folder away to have all of them downloaded."
        ) from error
