"""Which files Sleep-EDF has, and where they come from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ._choices import choose_parts
from ._download import RemoteFile
from ._files import Files, Members
from ._locate import open_files

NAME = "sleep_edf"
NIGHTS = (1, 2)
SUBJECTS = tuple(subject for subject in range(83) if subject not in {39, 68, 69, 78, 79})
LOST = {(13, 2), (36, 1), (52, 1)}  # subject and night; cassettes and disks failed
# The letter after the night says which recorder it was, the next one who scored it.
SIGNALS = r"SC4(\d\d)([12])[A-Z]0-PSG\.edf"
SCORING = r"SC4(\d\d)([12])[A-Z][A-Z]-Hypnogram\.edf"

BASE = "https://physionet.org/files/sleep-edfx/1.0.0/"
ARCHIVE = RemoteFile(
    "sleep-edf-database-expanded-1.0.0.zip",
    (
        "https://physionet.org/static/published-projects/sleep-edfx/"
        "sleep-edf-database-expanded-1.0.0.zip",
    ),
    holds=SIGNALS,
)
HASHES = RemoteFile("SHA256SUMS.txt", (f"{BASE}SHA256SUMS.txt",))


def open_nights(
    subjects: Iterable[int] | None,
    nights: tuple[int, ...],
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
) -> Files:
    """Open the files, after downloading missing ones of the nights asked for.

    Parameters
    ----------
    subjects : iterable of int or None
        Those asked for; None is all.
    nights : tuple of int
        Which of their nights.
    data_home : str, path-like or None
        As :func:`~sklearn_crossl.datasets.get_data_home` takes it.
    download_if_missing : bool
        Whether to download.

    Returns
    -------
    Files
        To be used in a ``with`` statement.

    Raises
    ------
    OSError
        If there are no files, or some that are needed cannot be downloaded.
    ValueError
        If there is no such subject or night.
    """
    if not download_if_missing:
        return open_files(NAME, [ARCHIVE], data_home, download_if_missing=False)
    remote = _missing(choose_parts("subjects", subjects, SUBJECTS), nights, data_home)
    return open_files(NAME, remote, data_home, True, also=[ARCHIVE.name])


def find_nights(files: Files) -> tuple[Members, Members]:
    """Find signals and scorings, each by subject and night as they stand in the name."""
    return files.find(SIGNALS), files.find(SCORING)


def _missing(
    subjects: tuple[int, ...],
    nights: tuple[int, ...],
    data_home: str | os.PathLike[str] | None,
) -> list[RemoteFile]:
    wanted = {(subject, night) for subject in subjects for night in nights} - LOST
    if not wanted:
        raise ValueError(f"The recordings of night {nights} of {subjects} were lost.")
    with open_files(NAME, [], data_home, True, also=[ARCHIVE.name]) as files:
        there = [set(members) for members in find_nights(files)]
    keys = {(f"{subject:02}", str(night)) for subject, night in wanted}
    if all(keys <= found for found in there):
        return []  # without the publisher's list, which may have to be downloaded
    with open_files(NAME, [HASHES], data_home, True, also=[ARCHIVE.name]) as files:
        listed = files.one(re.escape(HASHES.name)).read().decode()
    return [
        remote
        for pattern, found in zip((SIGNALS, SCORING), there, strict=True)
        for remote in _listed(listed, pattern, keys - found)
    ]


def _listed(text: str, pattern: str, keys: set[tuple[str, str]]) -> list[RemoteFile]:
    """Take files from the publisher's list, which has a hash and a path in each line."""
    lines = re.findall(
        rf"^([0-9a-f]{{64}}) [ *]?(sleep-cassette/({pattern}))$", text, re.M
    )
    remote = {
        (subject, night): RemoteFile(name, (BASE + path,), sha256=sha256)
        for sha256, path, name, subject, night in lines
    }
    unknown = sorted(keys - remote.keys())
    if unknown:
        raise OSError(
            f"{HASHES.name} does not list the files of these subjects and nights: "
            f"{unknown}. If it is not that of {HASHES.urls[0]}, move it away."
        )
    return [remote[key] for key in sorted(keys)]
