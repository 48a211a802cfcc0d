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

    Each training step needs the memory that the step before has freed. glibc returns
    blocks of many megabytes to the system at once, and getting them back, page by page,
    can take a third of a step. Nothing is changed for other C libraries, or if the user
    has set limits of glibc. When the block ends, the limits are set to the largest values
    that glibc would choose by itself.
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
