"""Compare embeddings under few labels and missing sensors, on sets of recordings.

Run ``python -m benchmarks.quality --data DIR --out DIR``. Every data set, method, split
and protocol appends its rows to ``results.csv``; what is in the file is not run again.
The tables and figures are made from the file each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from .methods import METHODS
from .protocols import PROTOCOLS, applies, run
from .recordings import SPLITS, UNSEEN, arguments_parser, found, load
from .report import write_report
from .resumed import Row, measure_missing

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
    folder = arguments.data
    tasks = [
        dict(zip(COLUMNS, (dataset, name, split, protocol), strict=False))
        for protocol, split, dataset, name in product(
            arguments.protocols,
            arguments.splits,
            found(arguments.datasets, folder),
            arguments.methods,
        )
        if applies(protocol, METHODS[name])
    ]

    def measure(dataset: str, method: str, split: int, protocol: str) -> Iterator[Row]:
        return run(load(dataset, folder), METHODS[method], split, protocol)

    measure_missing(path, tasks, measure, COLUMNS)
    write_report(path, arguments.out)


if __name__ == "__main__":
    main()
