"""Which subjects to read."""

from __future__ import annotations

from collections.abc import Iterable

from .._warnings import warn
from ._bunch import DataSet
from ._choices import choose_parts

_MOVE = (
    "If the folder is incomplete, move it away to have all of them downloaded, or put "
    "the other files beside those that are there."
)


def choose_subjects(
    about: DataSet, subjects: Iterable[int] | None, there: Iterable[int | str]
) -> list[int]:
    """Check the subjects asked for against the publisher's and those that are there.

    Parameters
    ----------
    about : DataSet
        What the publisher recorded.
    subjects : iterable of int or None
        Those asked for; None is all.
    there : iterable of int or str
        Those whose files were found, as written in the file names.

    Returns
    -------
    list of int
        In ascending order.

    Raises
    ------
    OSError
        If files of some that were asked for are not there.
    ValueError
        If the publisher has no such subject, or none was asked for.

    Warns
    -----
    UserWarning
        If all were asked for and some are not there.
    """
    chosen = choose_parts("subjects", subjects, about.subjects)
    known = {int(subject) for subject in there}
    lacking = [subject for subject in chosen if subject not in known]
    if not lacking:
        return list(chosen)
    text = f"{about.name}: no files of the subjects {lacking}. {_MOVE}"
    if subjects is not None or not known:
        raise OSError(text)
    warn(f"{text} The others are read.")
    return [subject for subject in chosen if subject in known]
