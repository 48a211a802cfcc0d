"""A lock that a forked process does not inherit locked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock


class ForkLock:
    """A reentrant lock, which is a new one in a forked process.

    There the threads of the parent, which might hold it, do not exist.
    """

    def __init__(self) -> None:
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside the block."""
        with self._lock:
            yield

    def _renew(self) -> None:
        self._lock = RLock()
