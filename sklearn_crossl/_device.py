"""Where and how precisely torch computes, and with which random numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_GENERATORS = RLock()  # torch's are the whole process's, so that threads take turns
_DRAWS = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial"}
_DRAWS |= {"rand_like", "randn_like", "randint_like"}
_DRAWS |= {"uniform_", "normal_", "random_", "bernoulli_", "exponential_"}
_DRAWS |= {"cauchy_", "geometric_", "log_normal_"}


def resolve_device(device: str | torch.device) -> torch.device:
    """Choose the device: "auto" takes CUDA if it is there, else the CPU.

    Raises
    ------
    ValueError
        If torch does not know the name, or the device is not there.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
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
    """Seed torch's generators inside the block and restore them after it.

    What is made inside is in float32, even if the user's default is another. Threads
    wait for each other, as each would draw from what another one seeded.
    """
    if device.type == "cpu":
        fork = torch.random.fork_rng(devices=[])
    else:
        count = getattr(torch, device.type).device_count()
        fork = torch.random.fork_rng(devices=range(count), device_type=device.type)
    with _GENERATORS, fork:
        torch.manual_seed(seed)
        default = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(default)


class OwnDraws(TorchFunctionMode):
    """Lets modules that are made inside draw from a generator of their own.

    That is for weights that are replaced at once: nobody waits for :func:`seeded`, and
    torch's generators stay as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Hand the generator to what can take one and was given none."""
        kwargs = dict(kwargs or {})
        if func.__name__ in _DRAWS or "generator" in kwargs:
            kwargs["generator"] = kwargs.get("generator") or self.generator
        return func(*args, **kwargs)


def memory_for_data(device: torch.device) -> float:
    """Bytes that training data may take on a device: half of what is free."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / 2
    if device.type == "mps":
        used = torch.mps.driver_allocated_memory()
        return (torch.mps.recommended_max_memory() - used) / 2
    return float("inf") if device.type == "cpu" else 0.0  # it is there already


def to_device(tensor: torch.Tensor, device: torch.device | str) -> torch.Tensor:
    """Copy to a device, to CUDA without waiting for it."""
    device = torch.device(device)
    if device.type == "cuda" and tensor.device.type == "cpu":
        tensor = tensor.pin_memory()  # only from pinned memory is the copy asynchronous
    return tensor.to(device, non_blocking=device.type == "cuda")


def on_host(tensor: torch.Tensor) -> torch.Tensor:
    """Copy to the host, in float64, which not every device has."""
    return tensor.detach().cpu().double()


def compiled(function: Callable) -> Callable:
    """Compile a function; where that fails, warn and go on with the function itself."""
    current = torch.compile(function)

    def call(*args: Any) -> Any:
        nonlocal current
        try:
            return current(*args)
        except Exception as error:  # a compiler's can be of any type
            if current is function or out_of_memory(error):
                raise
            warnings.warn(
                f"torch.compile failed ({type(error).__name__}: {error}); training goes "
                "on without it. Set compile=False to be rid of this warning.",
                RuntimeWarning,
                stacklevel=2,
            )
            current = function
            return function(*args)

    return call


def out_of_memory(error: BaseException) -> bool:
    """Tell whether torch raised an error for want of memory, on whatever device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    message = str(error)  # the host's and MPS's allocators raise a plain RuntimeError
    return "out of memory" in message or "can't allocate memory" in message


def release_memory(device: torch.device) -> None:
    """Give what torch caches of a device's memory back to it."""
    if device.type != "cpu":
        getattr(torch, device.type).empty_cache()


def _has_bf16(device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    return torch.cuda.is_bf16_supported(including_emulation=False)
