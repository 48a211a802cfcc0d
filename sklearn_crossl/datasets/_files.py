"""The publisher's files, whether unpacked or in archives; nothing is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import IO, NamedTuple

from ._archives import Archives, Source


class Member(NamedTuple):
    """One file, perhaps in an archive."""

    name: str
    """Its path below the data home, through archives: ``raw/hapt.zip/RawData/...``."""
    source: Source

    def open(self) -> IO[bytes]:
        if isinstance(self.source, Path):
            return self.source.open("rb")
        return self.source()

    def read(self) -> bytes:
        with self.open() as file:
            return file.read()


@contextmanager
def damaged_as_oserror(name: str) -> Iterator[None]:
    """Turn any error from reading a damaged file into an OSError with its name."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:  # parsers of files raise all kinds
        raise OSError(f"{name} is not as published: {error!r}") from error


class Members(dict[tuple[str, ...], Member]):
    """Files by what a pattern's groups matched; other keys raise OSError."""

    def __init__(self, pattern: str, found: Mapping[tuple[str, ...], Member]) -> None:
        super().__init__(found)
        self.pattern = pattern

    def __missing__(self, groups: tuple[str, ...]) -> Member:
        raise OSError(
            f"There is no file {self.pattern} with {groups}; is the data set complete?"
        )


class Files:
    """A read-only view of the files in some folders and archives.

    Use it in a ``with`` statement, which closes the archives.

    Parameters
    ----------
    home : Path
        Names are relative to it.
    roots : sequence of Path
        Folders and archives below ``home``; the first goes before the others where they
        have the same file. They need not exist.
    """

    def __init__(self, home: Path, roots: Sequence[Path]) -> None:
        self.home = home
        self.roots = roots
        self._archives = Archives()

    def find(self, pattern: str, inside: str = "") -> Members:
        r"""Find the files whose names end in a pattern.

        Parameters
        ----------
        pattern : str
            A regular expression for the last parts of a path, such as
            ``RawData/acc_exp(\d+)_user(\d+)\.txt``. Files are identified by what its
            groups match. If several match the same, the first one is used, since a file
            may exist both unpacked and in its archive.
        inside : str, default=""
            A regular expression. Nested archives are decompressed and searched only if it
            matches in their name. Archives on disk are always searched.

        Returns
        -------
        Members
            A dict from what the groups matched to files, in ascending order, numbers by
            value. A missing key raises OSError.
        """
        expression = _ending(pattern)
        found: dict[tuple[str, ...], Member] = {}
        for member in self._members(inside):
            if match := expression.fullmatch(member.name):
                found.setdefault(match.groups(default=""), member)
        ordered = sorted(found.items(), key=lambda item: _by_value(item[0]))
        return Members(pattern, dict(ordered))

    def has(self, pattern: str) -> bool:
        """Return whether there is such a file; search no deeper than necessary."""
        expression = _ending(pattern)
        return any(expression.fullmatch(member.name) for member in self._members(""))

    def one(self, pattern: str) -> Member:
        """Find the one file whose name ends in a pattern."""
        for member in self.find(pattern).values():
            return member
        places = ", ".join(str(root) for root in self.roots if root.exists())
        raise OSError(f"No file {pattern} in {places}; is the data set complete?")

    def close(self) -> None:
        self._archives.close()

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _members(self, inside: str) -> Iterator[Member]:
        """Go through all files, those in fewer archives first."""
        level, depth = self._on_disk, 0
        while level:
            yield from level
            archives = [
                member
                for member in level
                if member.name.lower().endswith(".zip")
                and (depth == 0 or re.search(inside, member.name))
            ]
            level = [inner for archive in archives for inner in self._inner(archive)]
            depth += 1

    def _inner(self, archive: Member) -> list[Member]:
        label, source = str(self.home / archive.name), archive.source
        return [
            Member(
                f"{archive.name}/{name}",
                partial(self._archives.open, label, source, name),
            )
            for name in self._archives.names(label, source)
            if not _is_clutter(name)
        ]

    @cached_property
    def _on_disk(self) -> list[Member]:
        paths = [path for root in self.roots for path in _walk(root)]
        names = [path.relative_to(self.home).as_posix() for path in paths]
        return [
            Member(name, path)
            for name, path in zip(names, paths, strict=True)
            if not _is_clutter(name)
        ]


def _ending(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:.*/)?(?:{pattern})", re.DOTALL)


def _walk(root: Path) -> list[Path]:
    """List the files below a folder, those behind links too."""
    if root.is_file():
        return [root]
    found: list[Path] = []
    for folder, inner, names in os.walk(root, followlinks=True):
        if _leads_back(Path(folder), root):
            inner.clear()
        else:
            found += [Path(folder, name) for name in names]
    return sorted(found)


def _leads_back(folder: Path, root: Path) -> bool:
    """Return whether a folder is a link to one of its parents."""
    above = [parent for parent in folder.parents if parent.is_relative_to(root)]
    return folder.resolve() in [parent.resolve() for parent in above]


def _is_clutter(name: str) -> bool:
    """Return whether a file is metadata that macOS adds to folders and archives."""
    return "__MACOSX/" in name or name.rsplit("/", 1)[-1].startswith("._")


def _by_value(groups: tuple[str, ...]) -> list[tuple[bool, int, str]]:
    return [
        (not group.isdecimal(), int(group) if group.isdecimal() else 0, group)
        for group in groups
    ]
