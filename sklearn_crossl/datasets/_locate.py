"""Find a data set's files, and download missing ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ._download import RemoteFile, download
from ._files import Files
from ._home import VARIABLE, get_data_home


def open_files(
    name: str,
    remote: Sequence[RemoteFile],
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    also: Sequence[str] = (),
) -> Files:
    """Open a data set's files where they lie, after downloading what is missing.

    Files are looked for, unpacked or in archives, in the folder ``NAME`` of the data
    home, in ``NAME.zip``, in ``raw/NAME`` and ``raw/NAME.zip``, and in the publisher's
    own archives. A download goes to the folder ``NAME``.

    Parameters
    ----------
    name : str
        The data set's name.
    remote : sequence of RemoteFile
        What the publisher offers.
    data_home : str, path-like or None
        As :func:`~sklearn_crossl.datasets.get_data_home` takes it.
    download_if_missing : bool
        Whether to download files that are nowhere.
    also : sequence of str, default=()
        Further archives of the publisher's that may lie in the data home, by name.

    Returns
    -------
    Files
        To be used in a ``with`` statement.

    Raises
    ------
    OSError
        If files are missing, and may not or cannot be downloaded.
    """
    home = get_data_home(data_home)
    places = [home / name, home / f"{name}.zip"]
    places += [home / "raw" / name, home / "raw" / f"{name}.zip"]
    places += [home / file for file in (*(file.name for file in remote), *also)]
    missing = _missing(home, places, remote)
    if missing and not download_if_missing:
        raise OSError(_missing_message(name, missing, places))
    for file in missing:
        path = download(file, home / name)
        if _missing(home, [path], [file]):
            raise OSError(
                f"{path} does not hold what was expected of it, {file.pattern}. If it is "
                f"not what {file.urls[0]} offers, delete it and fetch it again."
            )
    return Files(home, places)


def _missing(
    home: Path, places: Sequence[Path], remote: Iterable[RemoteFile]
) -> list[RemoteFile]:
    with Files(home, places) as files:
        return [file for file in remote if not files.has(file.pattern)]


def _missing_message(
    name: str, missing: Sequence[RemoteFile], places: Sequence[Path]
) -> str:
    wanted = "".join(f"\n  {file.name} from {file.urls[0]}" for file in missing)
    looked = "".join(f"\n  {place}" for place in places)
    return (
        f"The files of {name} are missing, and download_if_missing=False. Looked in"
        f"{looked}\nDownload{wanted}\nand put that, packed or unpacked, into "
        f"{places[0]}; or name another folder by data_home or the environment "
        f"variable {VARIABLE}."
    )
