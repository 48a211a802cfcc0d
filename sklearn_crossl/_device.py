"""Where and how precisely torch computes, and with which random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def resolve_device(device: str | torch.device) -> torch.device:
    """Choose the device: "auto" takes CUDA, then MPS, then the CPU.

    Raises
    ------
    ValueError
        If torch does not know the name, or the device is not there.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        resolved = torch.device(device)
        torch.empty(0, device=resolved)
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        raise ValueError(
            f"device={device!r} cannot be used here ({error}); pass 'auto', or a device "
            "that torch finds, such as 'cpu'."
        ) from error
    return resolved


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Choose the encoders' number format in training; None is float32.

    "auto" takes bfloat16 on CUDA devices that multiply it. On CPUs, even those with AMX,
    the small default encoders train faster in float32.
    """
    if precision == "bf16" or (precision == "auto" and _has_bf16(device)):
        return torch.bfloat16
    return None


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators inside the block and restore them after it."""
    if device.type == "cpu":
        fork = torch.random.fork_rng(devices=[])
    else:
        count = getattr(torch, device.type).device_count()
        fork = torch.random.fork_rng(devices=range(count), device_type=device.type)
    with fork:
        torch.manual_seed(seed)
        yield


def _has_bf16(device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    return torch.cuda.is_bf16_supported(including_emulation=False)
