"""Memory on the host: freed memory is kept while a network trains."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Parameters of glibc's mallopt, as <malloc.h> numbers them, and the largest values that
# glibc itself sets them to as a program frees large blocks.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_OWN_TRIM, _OWN_MMAP = 2**26, 2**25
_NEVER = 2**30


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Let the process keep the memory that it frees, until the block ends.

    Every training step frees what the one before allocated. glibc gives blocks of many
    megabytes back to the system at once, and asking for them again, page by page, takes
    as long as a third of a step. Other C libraries are left alone, and so is glibc where
    the user has set its limits. Afterwards these are the largest that it sets by itself.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(_TRIM_THRESHOLD, _NEVER)
    if not libc.mallopt(_MMAP_THRESHOLD, _NEVER):
        libc.mallopt(_MMAP_THRESHOLD, _OWN_MMAP)  # the most that glibc before 2.35 takes
    try:
        yield
    finally:
        libc.mallopt(_TRIM_THRESHOLD, _OWN_TRIM)
        libc.mallopt(_MMAP_THRESHOLD, _OWN_MMAP)
        libc.malloc_trim(0)


def _glibc() -> Any:
    """Load the C library if it is glibc."""
    chosen = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
    if chosen or platform.libc_ver()[0] != "glibc":
        return None
    return ctypes.CDLL(None)
