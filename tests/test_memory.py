"""What the process does with freed memory while a network trains."""

import platform

import pytest
import torch

from sklearn_crossl import _memory
from sklearn_crossl._memory import freed_memory_kept

resource = pytest.importorskip("resource")


def faults():
    """Pages asked of the system by blocks of 64 MB that are freed at once."""

    def count():
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    for _ in range(6):  # the heap grows to what is needed
        torch.ones(2**24)
    before = count()
    for _ in range(3):
        torch.ones(2**24)
    return count() - before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tunes glibc alone")
def test_freed_memory_is_kept_in_the_block_alone():
    pages = 3 * 2**26 // 4096
    with freed_memory_kept():
        assert faults() < pages / 10
    assert faults() > pages / 10


def test_errors_pass_and_other_libraries_are_left_alone(monkeypatch):
    with pytest.raises(KeyError), freed_memory_kept():
        raise KeyError
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert _memory._glibc() is None
    with freed_memory_kept():
        pass
