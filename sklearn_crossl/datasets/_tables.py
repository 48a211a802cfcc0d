"""Numbers in text files."""

from __future__ import annotations

import warnings
from io import TextIOWrapper
from typing import Any

import numpy as np

from ._files import Member, damaged_as_oserror


def read_table(
    member: Member,
    *,
    dtype: Any = np.float32,
    may_be_empty: bool = False,
    **options: Any,
) -> np.ndarray:
    """Read numbers from a text file, in or outside of an archive.

    Parameters
    ----------
    member : Member
        The file.
    dtype : dtype, default=float32
        Of the result.
    may_be_empty : bool, default=False
        Whether a file may have no rows.
    **options : object
        Of :func:`numpy.loadtxt`, such as ``delimiter``, ``skiprows`` and ``usecols``.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        The numbers.

    Raises
    ------
    OSError
        If rows differ in length, hold no numbers, or there are none.
    """
    with (
        member.open() as file,
        TextIOWrapper(file, encoding="utf-8-sig") as text,
        damaged_as_oserror(member.name),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "loadtxt: input contained no data")
        table = np.loadtxt(text, dtype=dtype, ndmin=2, **options)
    if not (table.size or may_be_empty):
        raise OSError(f"{member.name} is not as published: it is empty.")
    return table
