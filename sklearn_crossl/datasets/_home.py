"""Where the recordings lie."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "SKLEARN_CROSSL_DATA"


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder where recordings are looked for and downloaded to.

    Nothing is created here: a download makes the folder when it needs it.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder, where ``~`` stands for the user's home folder. If None, the value of
        the environment variable ``SKLEARN_CROSSL_DATA``, else ``~/sklearn_crossl_data``.

    Returns
    -------
    pathlib.Path
        The folder, which may not exist.

    Examples
    --------
    >>> from sklearn_crossl.datasets import get_data_home
    >>> get_data_home("recordings").name
    'recordings'
    """
    if data_home is None:
        data_home = os.environ.get(VARIABLE) or "~/sklearn_crossl_data"
    return Path(data_home).expanduser()
