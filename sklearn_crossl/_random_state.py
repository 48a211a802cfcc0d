"""Random numbers that leave torch's own generators as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ._device import own_settings
from ._fork_lock import ForkLock

_GENERATORS = ForkLock()  # torch's generators are global, so threads must take turns
_DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial"}
_DRAWS |= {"rand_like", "randn_like", "randint_like"}
_DRAWS |= {"uniform_", "normal_", "random_", "bernoulli_", "exponential_"}
_DRAWS |= {"cauchy_", "geometric_", "log_normal_"}


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators inside the block and restore them after it.

    Only one thread can be inside at a time, since the generators are global. The user's
    settings of torch have no effect inside; see :func:`own_settings`.
    """
    if device.type == "cpu":
        fork = torch.random.fork_rng(devices=[])
    else:
        count = getattr(torch, device.type).device_count()
        fork = torch.random.fork_rng(devices=range(count), device_type=device.type)
    with _GENERATORS.held(), fork, own_settings(device, inference=False):
        torch.manual_seed(seed)
        yield


class OwnDraws(TorchFunctionMode):
    """Makes random functions that are called inside use a separate generator.

    This is for modules whose initial weights are replaced right away: building them
    neither waits for :func:`seeded` nor changes the state of torch's generators.
    """

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Pass the generator to random functions that were given none."""
        kwargs = dict(kwargs or {})
        if func.__name__ in _DRAWS or "generator" in kwargs:
            kwargs["generator"] = kwargs.get("generator") or self.generator
        return func(*args, **kwargs)
