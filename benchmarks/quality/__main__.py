"""Compare embeddings under few labels and missing sensors, on sets of recordings.

Run ``python -m benchmarks.quality --data DIR --out DIR``. Every data set, method, split
and protocol appends its rows to ``results.csv``; what stands there is not run again. The
tables and figures are written anew from the file each time.
"""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

from .methods import METHODS
from .protocols import PROTOCOLS, applies, run
from .recordings import SPLITS, UNSEEN, arguments_parser, found, load
from .report import write_report

COLUMNS = ("dataset", "method", "split", "protocol", "measure", "head", "draw", "value")


def main() -> None:
    """Measure what is missing from the results, then report."""
    parser = arguments_parser(__doc__, UNSEEN)
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--splits", nargs="*", type=int, choices=SPLITS, default=SPLITS)
    parser.add_argument("--protocols", nargs="*", choices=PROTOCOLS, default=PROTOCOLS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "results.csv"
    done = _done(path)
    folder = arguments.data
    datasets = found(arguments.datasets, folder)
    for protocol, split, dataset in product(
        arguments.protocols, arguments.splits, datasets
    ):
        for name in arguments.methods:
            key = (dataset, name, str(split), protocol)
            if key not in done and applies(protocol, METHODS[name]):
                print(*key, flush=True)
                recordings = load(dataset, folder)
                rows = run(recordings, METHODS[name], split, protocol)
                _append(path, key, list(rows))
    write_report(path, arguments.out)


def _done(path: Path) -> set[tuple[str, ...]]:
    if not path.exists():
        return set()
    with path.open(newline="") as file:
        return {tuple(row[c] for c in COLUMNS[:4]) for row in csv.DictReader(file)}


def _append(path: Path, key: tuple[str, ...], rows: list[dict]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        if is_new:
            writer.writeheader()
        for row in rows:
            writer.writerow({**dict(zip(COLUMNS, key, strict=False)), **row})


if __name__ == "__main__":
    main()
