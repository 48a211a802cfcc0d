"""What the process does with freed memory while a network trains."""

import multiprocessing
import platform
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import torch

from sklearn_crossl import _memory
from sklearn_crossl._memory import freed_memory_kept

resource = pytest.importorskip("resource")


N_BLOCKS, BLOCK = 16, 2**23


def faults():
    """Pages asked of the system for blocks of 8 MB, again and again freed at once."""

    def count():
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    for _ in range(6):  # the heap grows to what is needed
        blocks = [torch.ones(BLOCK // 4) for _ in range(N_BLOCKS)]
        del blocks
    before = count()
    for _ in range(3):
        blocks = [torch.ones(BLOCK // 4) for _ in range(N_BLOCKS)]
        del blocks
    return count() - before


def resident():
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def measure():
    """Count the faults inside the block, and the bytes given back at its end."""
    with freed_memory_kept():
        n_faults = faults()
        inside = resident()
    return n_faults, inside - resident()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tunes glibc alone")
def test_freed_memory_is_kept_in_the_block_alone():
    # In a process of its own: what other tests left on the heap can hold memory back.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        n_faults, given_back = pool.submit(measure).result()
    assert n_faults < 3 * N_BLOCKS * BLOCK // 4096 / 4
    assert given_back > N_BLOCKS * BLOCK / 2


def test_errors_pass_and_other_libraries_are_left_alone(monkeypatch):
    with pytest.raises(KeyError), freed_memory_kept():
        raise KeyError
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert _memory._glibc() is None
    with freed_memory_kept():
        pass
