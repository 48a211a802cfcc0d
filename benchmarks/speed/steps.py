"""Training steps: throughput, operations, precision, and where the time goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile

from sklearn_crossl._batch import Batch
from sklearn_crossl._memory import freed_memory_kept
from sklearn_crossl._network import CroSSLNetwork, Masking
from sklearn_crossl.aggregators import SetAggregator
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.objectives import VICReg

from .naive import NaiveCroSSL
from .timing import in_turns, matmul_rate, ratio, spread

N_VIEWS = 4
REPEATS = 9


class Size(NamedTuple):
    """Of one training step."""

    modalities: int = 6
    channels: int = 3
    length: int = 128
    batch: int = 256


GRID = [
    Size(m, c, length, batch)
    for m in (1, 2, 6)
    for c in (1, 3)
    for length in (128, 512)
    for batch in (32, 128, 256)
]
WIDER = {
    "default": TCNEncoder(),
    "twice as wide": TCNEncoder(widths=(64, 96, 256)),
    "four times as wide": TCNEncoder(widths=(128, 192, 512)),
}


def build(size: Size, encoder: TCNEncoder | None = None) -> CroSSLNetwork:
    """Build the default network of a size."""
    shapes = {f"m{i}": (size.channels, size.length) for i in range(size.modalities)}
    masking = Masking("spatial", (0.1, 0.9), N_VIEWS)
    encoder = encoder or TCNEncoder()
    return CroSSLNetwork(shapes, encoder, SetAggregator(), VICReg(), masking)


def windows(size: Size) -> list[torch.Tensor]:
    """Draw noise for one step, an array for each modality."""
    shape = (size.batch, size.channels, size.length)
    return [torch.randn(shape) for _ in range(size.modalities)]


def step_of(
    size: Size, encoder: TCNEncoder | None = None, autocast: torch.dtype | None = None
) -> Callable[[], None]:
    """Give a function that makes one training step."""
    network = build(size, encoder)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    inputs = {f"m{i}": x for i, x in enumerate(windows(size))}
    nothing = dict.fromkeys(inputs)
    observed = torch.ones(size.batch, size.modalities, dtype=torch.bool)
    batch = Batch(inputs, nothing, nothing, observed, any_alone=size.modalities == 1)

    def step() -> None:
        optimizer.zero_grad()
        network(batch, autocast)["loss"].backward()
        optimizer.step()

    return step


def naive_step_of(size: Size) -> Callable[[], None]:
    """Give a function that makes one step of the naive port."""
    network = NaiveCroSSL(size.modalities, size.channels)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    inputs = windows(size)

    def step() -> None:
        optimizer.zero_grad()
        network(inputs).backward()
        optimizer.step()

    return step


def operations(size: Size, encoder: TCNEncoder | None = None) -> float:
    """Count the floating-point operations of a step's matrix products, in 10^9.

    A product costs as much again for the gradient of each factor; the first layer's
    input needs none. Normalisation, activation and the rest are not counted.
    """
    network = build(size, encoder)
    steps, encoders = size.length, 0
    for index, layer in enumerate(network.module("m0").layers):
        conv = layer.conv
        kernel, stride, padding = (
            conv.kernel_size[1],
            conv.stride[1],
            conv.padding[1],
        )
        steps = (steps + 2 * padding - kernel) // stride + 1
        product = steps * kernel * conv.in_channels * conv.out_channels
        encoders += product * (2 if index == 0 else 3)
    width = network.aggregator.embedding_size
    # A single modality is masked before pooling: its codes differ between views.
    maps = network.code_size * width * 3 * (N_VIEWS if size.modalities == 1 else 1)
    head = sum(
        m.weight.numel() for m in network.objective.projector if hasattr(m, "in_features")
    )
    views = N_VIEWS * 3 * (head + width**2)  # the head, and the covariance matrix
    return 2 * size.batch * (size.modalities * (encoders + maps) + views) / 1e9


def throughput() -> dict[str, Any]:
    """Measure windows per second, and the share of the rate of matrix products."""
    rows = []
    with freed_memory_kept():
        for size in GRID:
            rate = matmul_rate()
            seconds = in_turns({"step": step_of(size)}, REPEATS, warm_up=3)["step"]
            rows.append({**size._asdict(), **_rates(size, None, seconds, rate)})
        wide = []
        for name, encoder in WIDER.items():
            rate = matmul_rate()
            step = step_of(Size(), encoder)
            seconds = in_turns({"step": step}, REPEATS, warm_up=3)["step"]
            wide.append({"encoder": name, **_rates(Size(), encoder, seconds, rate)})
    return {"grid": rows, "wider": wide}


def _rates(
    size: Size, encoder: TCNEncoder | None, seconds: list[float], rate: float
) -> dict[str, Any]:
    gflop_per_second = operations(size, encoder) / spread(seconds)["median"]
    return {
        "windows_per_second": spread([size.batch / s for s in seconds]),
        "gflop_per_second": gflop_per_second,
        "share_of_matmul": gflop_per_second / rate,
        "matmul": rate,
    }


def against_naive() -> dict[str, Any]:
    """Time our steps and the naive port's in turns, on the same sizes."""
    result = {}
    for batch in (8, 32, 128, 256):
        size = Size(batch=batch)
        ours, naive = step_of(size), naive_step_of(size)
        with freed_memory_kept():  # as in fit; the port gains by it too
            seconds = in_turns({"ours": ours, "naive": naive}, REPEATS, warm_up=2)
        alone = in_turns({"naive": naive}, REPEATS, warm_up=1)
        result[str(batch)] = {
            "speedup": ratio(seconds["naive"], seconds["ours"]),
            "speedup_over_naive_with_memory_returned": ratio(
                alone["naive"], seconds["ours"]
            ),
            "ours": spread([batch / s for s in seconds["ours"]]),
            "naive": spread([batch / s for s in seconds["naive"]]),
        }
    return result


def precision() -> dict[str, Any]:
    """Measure the speedup of bfloat16 over float32, for products and for steps."""
    rates = {str(dtype): matmul_rate(dtype) for dtype in (torch.float32, torch.bfloat16)}
    with freed_memory_kept():
        seconds = in_turns(
            {"fp32": step_of(Size()), "bf16": step_of(Size(), None, torch.bfloat16)},
            REPEATS,
            warm_up=3,
        )
    return {
        "matmul": rates,
        "matmul_speedup": rates["torch.bfloat16"] / rates["torch.float32"],
        "step_speedup": ratio(seconds["fp32"], seconds["bf16"]),
    }


KINDS = {
    "convolutions": ("conv",),
    "other matrix products": ("mm", "bmm", "addmm", "einsum", "linear"),
    "layer normalisation": ("layer_norm",),
    "batch normalisation": ("batch_norm",),
    "activation": ("threshold", "relu", "clamp_min"),
    "pooling": ("amax", "MeanMax", "eq"),
    "copies and filling": ("copy", "cat", "fill", "zero", "contiguous", "stack"),
    "optimizer": ("adam", "Optimizer"),
}


def where_time_goes() -> dict[str, float]:
    """Shares of a step by kind of operation, from torch's profiler."""
    step = step_of(Size())
    with freed_memory_kept():
        in_turns({"step": step}, 3)
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            for _ in range(REPEATS):
                step()
    shares = dict.fromkeys([*KINDS, "the rest"], 0.0)
    events = profiled.key_averages()
    total = sum(event.self_cpu_time_total for event in events)
    for event in events:
        kinds = (k for k, words in KINDS.items() if any(w in event.key for w in words))
        shares[next(kinds, "the rest")] += event.self_cpu_time_total / total
    return shares
