"""Measure everything: ``python -m benchmarks.speed --data DIR --out DIR``.

``DIR`` of the data holds ``hapt.npz``. Each section runs in a process of its own, one
after the other; ``speed.json`` has the figures and ``speed.md`` the tables. Programs that
run at the same time spoil the figures.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ..arguments import data_parser
from . import overhead, peers, steps
from .report import report

SECTIONS: dict[str, Callable[[Path], Any]] = {
    "naive": lambda data: steps.against_naive(),
    "throughput": lambda data: steps.throughput(),
    "precision": lambda data: steps.precision(),
    "profile": lambda data: steps.where_time_goes(),
    "overhead": lambda data: overhead.overhead(),
    "exponents": lambda data: overhead.exponents(),
    "grid_search": lambda data: overhead.grid_search(),
    "memory of nothing": lambda data: overhead.memory("nothing"),
    "memory of naive": lambda data: overhead.memory("naive"),
    "memory of fit": lambda data: overhead.memory("fit"),
    "transform": peers.transform,
    "time_to_quality": peers.time_to_quality,
}


def main() -> None:
    """Run the sections and write the report."""
    parser = data_parser(__doc__)
    parser.add_argument("--out", type=Path, default=Path())
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--print", choices=SECTIONS, help="run one section, here")
    arguments = parser.parse_args()
    if arguments.print:
        print(json.dumps(SECTIONS[arguments.print](arguments.data)))
        return
    path = arguments.out / "speed.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results["machine"] = {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
    }
    for name in arguments.sections:
        print(name, flush=True)
        command = [sys.executable, "-m", "benchmarks.speed", "--print", name]
        command += ["--data", str(arguments.data)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        results[name] = json.loads(done.stdout.splitlines()[-1])
        path.write_text(json.dumps(results, indent=1) + "\n")
        (arguments.out / "speed.md").write_text(report(results))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(x for x in lines if x.startswith("model name")).split(": ")[1]
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    main()
