"""One pass over windows on disk against the same windows in memory.

Writes a synthetic recording of the size asked for, then fits one epoch on it as a memory
map and as an array in memory, each in a process of its own, with the same settings. The
network is a small one, so that reading weighs more than it would with the default.
Reports windows per second of the whole ``fit``, the peak of resident memory (Linux), and
the ratio of the two. Run ``python -m benchmarks.out_of_core --folder DIR``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.objectives import VICReg

from .hapt import MODALITIES

SHAPE = (6, 128)
BLOCK = 10_000  # windows written at a time


def write(path: Path, n_windows: int) -> None:
    """Write noise around slow waves, which differ from window to window."""
    array = np.lib.format.open_memmap(path, "w+", np.float32, (n_windows, *SHAPE))
    rng = np.random.default_rng(0)
    times = np.linspace(0, 2 * np.pi, SHAPE[1], dtype=np.float32)
    for start in range(0, n_windows, BLOCK):
        block = array[start : start + BLOCK]
        rate = rng.uniform(1, 8, (len(block), 1, 1)).astype(np.float32)
        noise = rng.standard_normal(block.shape, dtype=np.float32)
        block[:] = np.sin(rate * times) + 0.3 * noise
    array.flush()


def fit(path: Path, place: str) -> None:
    """Fit in this process and print what it took."""
    X = np.load(path, mmap_mode="r" if place == "disk" else None)
    embedder = CroSSLTransformer(
        MODALITIES,
        summary_size=0,
        encoder=TCNEncoder(widths=(16, 32, 64), kernel_sizes=(8, 8, 4), stride=4),
        objective=VICReg(projector=(128, 128)),
        batch_size=512,
        max_epochs=1,
        random_state=0,
    )
    start = time.perf_counter()
    embedder.fit(X)
    seconds = time.perf_counter() - start
    loss = embedder.history_[0]["train_loss"]
    print(
        json.dumps(
            {"windows_per_second": len(X) / seconds, "peak_gb": peak(), "loss": loss}
        )
    )


def peak() -> float:
    """Read the peak of this process; ``getrusage`` would begin with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e9  # from KiB


def main() -> None:
    """Write the windows, fit twice and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--gigabytes", type=float, default=8.0)
    parser.add_argument("--place", choices=["disk", "memory"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    path = arguments.folder / "windows.npy"
    if arguments.place:
        fit(path, arguments.place)
        return
    n_windows = int(arguments.gigabytes * 1e9 / (4 * np.prod(SHAPE)))
    write(path, n_windows)
    size = path.stat().st_size / 1e9
    print(f"{n_windows} windows, {size:.2f} GB", flush=True)
    results = {}
    for place in ("disk", "memory"):
        command = [sys.executable, "-m", "benchmarks.out_of_core", "--place", place]
        command += ["--folder", str(arguments.folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results[place] = json.loads(done.stdout)
        print(place, results[place], flush=True)
    speeds = [results[place]["windows_per_second"] for place in ("disk", "memory")]
    print(f"disk / memory: {speeds[0] / speeds[1]:.2f}")
    path.unlink()


if __name__ == "__main__":
    main()
