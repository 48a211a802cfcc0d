"""The figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Spread = Mapping[str, float]


def report(results: Mapping[str, Any]) -> str:
    """Write the sections that were measured."""
    parts = ["# Speed", ", ".join(f"{k}: {v}" for k, v in results["machine"].items())]
    for name, section in SECTIONS.items():
        if name in results:
            parts.append(section(results[name]))
    if "memory of fit" in results:
        parts.append(_memory(results))
    return "\n\n".join(parts) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lay out a table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def show(value: Spread, form: str = ".2f") -> str:
    """Write a median and its quartiles."""
    low, middle, high = (format(value[k], form) for k in ("low", "median", "high"))
    return f"{middle} ({low}-{high})"


def _naive(result: Mapping[str, Any]) -> str:
    rows = [
        (
            batch,
            show(r["ours"], ".0f"),
            show(r["naive"], ".0f"),
            show(r["speedup"], ".1f"),
            show(r["speedup_over_naive_with_memory_returned"], ".1f"),
        )
        for batch, r in result.items()
    ]
    header = ["batch", "ours, windows/s", "naive, windows/s", "ratio"]
    header.append("ratio, naive as PyTorch leaves it")
    return (
        "## Training steps against a literal port of the published network\n\n"
        "Six modalities of 3 channels and 128 timepoints. In the first ratio the port "
        "too runs with freed memory kept, as in `fit`.\n\n"
    ) + table(header, rows)


def _throughput(result: Mapping[str, Any]) -> str:
    rows = [
        (
            r["modalities"],
            r["channels"],
            r["length"],
            r["batch"],
            show(r["windows_per_second"], ".0f"),
            f"{r['gflop_per_second']:.0f}",
            f"{r['share_of_matmul']:.0%}",
        )
        for r in result["grid"]
    ]
    columns = ["windows/s", "GFLOP/s", "of the matrix product's rate"]
    wide = [
        (
            r["encoder"],
            show(r["windows_per_second"], ".0f"),
            f"{r['gflop_per_second']:.0f}",
            f"{r['share_of_matmul']:.0%}",
        )
        for r in result["wider"]
    ]
    return (
        "## Training steps\n\nOnly operations of convolutions and matrix products count. "
        "The rate of 2048 x 2048 float32 products is measured before each row.\n\n"
        + table(["modalities", "channels", "length", "batch", *columns], rows)
        + "\n\nSix modalities of 3 channels and 128 timepoints, batches of 256:\n\n"
        + table(["encoder", *columns], wide)
    )


def _precision(result: Mapping[str, Any]) -> str:
    rates = [f"{dtype}: {rate:.0f}" for dtype, rate in result["matmul"].items()]
    return (
        "## bfloat16 over float32\n\n"
        f"Matrix products alone: {result['matmul_speedup']:.2f} ({', '.join(rates)} "
        f"GFLOP/s). Training steps: {show(result['step_speedup'])}."
    )


def _profile(result: Mapping[str, float]) -> str:
    rows = sorted(result.items(), key=lambda item: -item[1])
    return "## Where a step's time goes\n\n" + table(
        ["operations", "share"], [(kind, f"{share:.1%}") for kind, share in rows]
    )


def _overhead(result: Mapping[str, Any]) -> str:
    rows = [
        (size, show(r["skorch"], ".3f"), show(r["fit"], ".3f"))
        for size, r in result.items()
    ]
    header = ["modalities, channels, length, batch", "skorch's loop", "fit"]
    return "## Time over that of a bare loop\n\n" + table(header, rows)


def _exponents(result: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            ", ".join(map(str, r["sizes"])),
            ", ".join(f"{s:.2f}" for s in r["seconds"]),
            f"{r['exponent']:.2f}",
        )
        for name, r in result.items()
    ]
    header = ["what grows", "sizes", "seconds of fit", "exponent"]
    return "## Growth\n\n" + table(header, rows)


def _grid_search(result: Mapping[str, Any]) -> str:
    seconds = {jobs: show(s, ".1f") for jobs, s in result["seconds"].items()}
    return (
        "## Grid search\n\nFour candidates, two folds: "
        f"{seconds['1']} s with n_jobs=1, {seconds['2']} s with n_jobs=2, "
        f"ratio {show(result['speedup'])}."
    )


def _memory(results: Mapping[str, Any]) -> str:
    kinds = ("nothing", "naive", "fit")
    rows = [(kind, f"{results['memory of ' + kind]:.0f}") for kind in kinds]
    return (
        "## Memory\n\nPeak of a process that imports everything and trains at batch 256, "
        "six modalities of 3 channels and 128 timepoints.\n\n"
    ) + table(["what it trains", "MiB"], rows)


def _transform(result: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            show(r, ".0f"),
            show(result["speedup"][name], ".1f") if name != "ours" else "",
        )
        for name, r in result["windows_per_second"].items()
    ]
    header = ["method", "windows/s", "ours is faster by"]
    return "## transform, HAPT\n\n" + table(header, rows)


def _time_to_quality(result: Mapping[str, Any]) -> str:
    rows = [
        (
            method,
            f"{r['score']:.3f}",
            f"{r['seconds']:.1f}",
            f"{r['seconds_labelled']:.1f}",
        )
        for method, r in result.items()
    ]
    header = ["method", "macro-F1", "seconds", "seconds, labelled and test windows alone"]
    return (
        "## Time to quality, HAPT, 1 % of the labels\n\n"
        "Fit, embedding of the training and test windows, one classifier; means over "
        "three seeds. In the last column only labelled training windows are embedded.\n\n"
    ) + table(header, rows)


SECTIONS = {
    "naive": _naive,
    "throughput": _throughput,
    "precision": _precision,
    "profile": _profile,
    "overhead": _overhead,
    "exponents": _exponents,
    "grid_search": _grid_search,
    "transform": _transform,
    "time_to_quality": _time_to_quality,
}
