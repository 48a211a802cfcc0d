"""Timings that are comparable: what is compared runs in turns, many times over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch


def in_turns(
    functions: Mapping[str, Callable[[], Any]], repeats: int, warm_up: int = 1
) -> dict[str, list[float]]:
    """Time each function once a round, for so many rounds, in seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(warm_up + repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, and the quartiles around it."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"median": float(middle), "low": float(low), "high": float(high)}


def ratio(above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Spread of the ratio, round by round."""
    return spread(np.divide(above, below).tolist())


def growth(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Exponent p of the fit seconds ~ size ** p."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def matmul_rate(dtype: torch.dtype = torch.float32) -> float:
    """GFLOP/s of the machine's matrix product: the best of some."""
    size = 2048
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    out = torch.empty_like(a)
    seconds = in_turns({"mm": lambda: torch.mm(a, b, out=out)}, 9, warm_up=3)["mm"]
    return 2 * size**3 / min(seconds) / 1e9
