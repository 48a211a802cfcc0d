"""Read files from zip archives, also nested ones, without unpacking them."""

from __future__ import annotations

import lzma
import shutil
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

N_OPEN = 8  # archives kept open; a data set may have more than a process can open
SPOOL_BYTES = 64 * 2**20  # an inner archive larger than this waits on disk, not in memory
ENCRYPTED = 0x1  # bit 0 of a member's flags

Source = Path | Callable[[], IO[bytes]]


class _Opened(NamedTuple):
    zip: ZipFile
    stack: ExitStack  # closes the archive and its copy


class Archives:
    """List and open the members of archives; a few archives stay open."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._names: dict[str, list[str]] = {}

    def names(self, label: str, source: Source) -> list[str]:
        """List the files in an archive, once."""
        if label not in self._names:
            members = self._zip(label, source).infolist()
            files = [member for member in members if not member.is_dir()]
            self._names[label] = [_checked(label, member) for member in files]
        return self._names[label]

    def open(self, label: str, source: Source, name: str) -> IO[bytes]:
        """Open a member for reading; damage raises OSError, even while reading."""
        member = f"{name} in {label}"
        with _intact(member):
            stream = self._zip(label, source).open(name)
        return BufferedReader(_Member(stream, member))

    def close(self) -> None:
        while self._opened:
            self._opened.popitem()[1].stack.close()

    def _zip(self, label: str, source: Source) -> ZipFile:
        if label not in self._opened:
            opened = _open(label, source)
            while len(self._opened) >= N_OPEN:
                self._opened.popitem(last=False)[1].stack.close()
            self._opened[label] = opened
        self._opened.move_to_end(label)
        return self._opened[label].zip


class _Member(RawIOBase):
    """A member being read; damage raises OSError."""

    def __init__(self, stream: IO[bytes], label: str):
        self._stream = stream
        self._label = label
        self.name = stream.name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def readinto(self, buffer: Any) -> int:
        with _intact(self._label):
            data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        with _intact(self._label):
            return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def _intact(label: str) -> Iterator[None]:
    """Raise OSError where what is read turns out to be damaged."""
    try:
        yield
    except (BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise OSError(
            f"{label} is damaged ({error}). Delete the archive and fetch it again."
        ) from error


def _open(label: str, source: Source) -> _Opened:
    """Open an archive on disk, or a copy of one in an archive, to read in any order."""
    with ExitStack() as stack:
        file: Any = source
        if not isinstance(source, Path):
            file = stack.enter_context(SpooledTemporaryFile(SPOOL_BYTES))
            with source() as stream:
                shutil.copyfileobj(stream, file, 2**20)
        try:
            archive = stack.enter_context(ZipFile(file))
        except BadZipFile as error:
            raise OSError(
                f"{label} is not a complete zip archive ({error}). Delete it and fetch "
                "it again."
            ) from error
        return _Opened(archive, stack.pop_all())


def _checked(label: str, member: ZipInfo) -> str:
    """Return a member's name; raise if it leads out of the archive or is encrypted."""
    path, name = PurePosixPath(member.filename), member.filename
    windows = PureWindowsPath(name)
    if path.is_absolute() or windows.anchor or ".." in (*path.parts, *windows.parts):
        raise OSError(
            f"{label} has a member {name!r}, whose name leads out of the archive. Such "
            "an archive is not read; get the publisher's own."
        )
    if member.flag_bits & ENCRYPTED:
        raise OSError(
            f"{label} has an encrypted member {name!r}. Unpack the archive with its "
            "password and put the files in its place."
        )
    return name
