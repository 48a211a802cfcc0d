"""Download a publisher's file with pooch, from its address or from a mirror."""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ._resume import ResumingDownloader

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RemoteFile:
    """A file that a publisher offers.

    Parameters
    ----------
    name : str
        The publisher's own name for it, by which a file downloaded in a browser is known.
    urls : tuple of str
        Its address, then mirrors of the very same file.
    holds : str, default=None
        A pattern, as in ``Files.find``, of a file that it provides. It is downloaded only
        if no such file is found. None means the file itself.
    sha256 : str, default=None
        Its hash, if somebody has published it. None leaves the download unchecked.
    """

    name: str
    urls: tuple[str, ...]
    holds: str | None = None
    sha256: str | None = None

    @property
    def pattern(self) -> str:
        return re.escape(self.name) if self.holds is None else self.holds


def download(remote: RemoteFile, folder: Path) -> Path:
    """Download a file into a folder, which is made if there is none.

    Parameters
    ----------
    remote : RemoteFile
        What to download.
    folder : Path
        Where to put it. An interrupted download leaves its data there, in a file whose
        name ends in ``.part``, and the next attempt continues from it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ImportError
        If pooch is not installed.
    OSError
        If no address provides the file, or the file does not have the known hash.
    """
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            "Downloading needs pooch: pip install 'sklearn-crossl[datasets]'. Or put "
            f"{remote.name} from {remote.urls[0]} into {folder} yourself."
        ) from error
    parts = {url: folder / f"{remote.name}.{_short(url)}.part" for url in remote.urls}
    failures = []
    for url, part in parts.items():
        logger.info("Downloading %s from %s", remote.name, url)
        try:
            path = _retrieve(pooch, remote, url, folder, part)
        except (OSError, ValueError) as error:  # what pooch raises for a wrong hash
            failures.append(f"{url}: {error}")
            continue
        for leftover in parts.values():
            leftover.unlink(missing_ok=True)
        if remote.sha256 is None:
            _note_unchecked(path)
        return path
    kept = [part for part in parts.values() if part.exists()]
    raise OSError(
        f"{remote.name} could not be downloaded.\n  "
        + "\n  ".join(failures)
        + ("\nTo go on from where this stopped, call again." if kept else "")
        + f"\nOr put the file into {folder} yourself."
    )


def _retrieve(
    pooch: ModuleType, remote: RemoteFile, url: str, folder: Path, part: Path
) -> Path:
    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.WARNING)  # its hints are for developers who call pooch
    try:
        path = pooch.retrieve(
            url,
            known_hash=remote.sha256,
            fname=remote.name,
            path=folder,
            downloader=ResumingDownloader(part, remote.name),
        )
    finally:
        log.setLevel(level)
    return Path(path)


def _note_unchecked(path: Path) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    logger.warning(
        "%s was not checked: no hash of it is known. Its SHA-256 here is %s.", path, found
    )


def _short(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:8]
