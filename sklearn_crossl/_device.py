"""Where and how precisely torch computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from ._fork_lock import ForkLock

_DTYPE = ForkLock()  # guards the count of blocks that need float32 as the default
_n_inside, _users_dtype = 0, torch.float32
HOST = torch.device("cpu")


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
        return HOST
    try:
        resolved = torch.device(device)
        torch.zeros(1, device=resolved).item()  # "meta" tensors cannot be read
    except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
        raise ValueError(
            f"device={device!r} cannot be used here ({error}); pass 'auto', or a device "
            "that torch finds, such as 'cpu'."
        ) from error
    return resolved


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Choose the dtype of the encoders in training; None is float32.

    "auto" is bfloat16 on CUDA devices that support it natively. On CPUs it gains little
    with AMX and loses without.
    """
    if precision == "bf16" or (precision == "auto" and _has_bf16(device)):
        return torch.bfloat16
    return None


@contextmanager
def float32_by_default() -> Iterator[None]:
    """Make float32 the default dtype inside the block, whatever the user has set.

    Several threads may be inside at once: the last one to leave restores the default.
    """
    global _n_inside, _users_dtype
    with _DTYPE.held():
        if not _n_inside:
            _users_dtype = torch.get_default_dtype()
            torch.set_default_dtype(torch.float32)
        _n_inside += 1
    try:
        yield
    finally:
        with _DTYPE.held():
            _n_inside -= 1
            if not _n_inside:
                torch.set_default_dtype(_users_dtype)


@contextmanager
def own_settings(device: torch.device, inference: bool) -> Iterator[None]:
    """Override the user's autocast, inference mode, default dtype and default device.

    New tensors are on the host unless a device is named, and cuDNN uses deterministic
    kernels.
    """
    with ExitStack() as stack:
        stack.enter_context(float32_by_default())
        stack.enter_context(torch.autocast(device.type, enabled=False))
        stack.enter_context(torch.inference_mode(inference))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(HOST)
        if device.type == "cuda":
            cudnn = torch.backends.cudnn
            stack.callback(setattr, cudnn, "deterministic", cudnn.deterministic)
            cudnn.deterministic = True
        yield


def memory_for_data(device: torch.device) -> float:
    """Bytes that training data may take on a device: half of what is free."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / 2
    if device.type == "mps":
        used = torch.mps.driver_allocated_memory()
        return (torch.mps.recommended_max_memory() - used) / 2
    if device.type == "cpu":
        return float("inf")  # it is there already
    return 0.0


def to_device(tensor: torch.Tensor, device: torch.device | str) -> torch.Tensor:
    """Copy to a device, to CUDA without waiting for it."""
    device = torch.device(device)
    if device.type == "cuda" and tensor.device.type == "cpu":
        tensor = tensor.pin_memory()  # only from pinned memory is the copy asynchronous
    return tensor.to(device, non_blocking=device.type == "cuda")


def float64_on_host(tensor: torch.Tensor) -> torch.Tensor:
    """Copy to the host, in float64, which not every device has."""
    return tensor.detach().cpu().double()


def out_of_memory(error: BaseException) -> bool:
    """Return whether torch raised an error because memory ran out, on any device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    message = str(error)  # the host's and MPS's allocators raise a plain RuntimeError
    return "out of memory" in message or "can't allocate memory" in message


def release_memory(device: torch.device) -> None:
    """Release the device memory that torch caches."""
    if device.type != "cpu":
        getattr(torch, device.type).empty_cache()


def _has_bf16(device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    return torch.cuda.is_bf16_supported(including_emulation=False)
