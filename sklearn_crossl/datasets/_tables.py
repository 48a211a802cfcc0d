"""Numbers in text files."""

from __future__ import annotations

from io import TextIOWrapper
from typing import Any

import numpy as np

from ._files import Member


def read_table(member: Member, *, dtype: Any = np.float32, **options: Any) -> np.ndarray:
    """Read numbers from a text file, in or outside of an archive.

    Parameters
    ----------
    member : Member
        The file.
    dtype : dtype, default=float32
        Of the result.
    **options : object
        Of :func:`numpy.loadtxt`, such as ``delimiter``, ``skiprows`` and ``usecols``.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        The numbers.

    Raises
    ------
    OSError
        If the file has something else than as many numbers in each row.
    """
    with member.open() as file, TextIOWrapper(file, encoding="utf-8-sig") as text:
        try:
            return np.loadtxt(text, dtype=dtype, ndmin=2, **options)
        except ValueError as error:
            raise OSError(f"{member.name} is not as published: {error}") from error
