"""Weights as NumPy arrays: what a fitted estimator keeps and pickles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn


def module_to_arrays(module: nn.Module) -> dict[str, np.ndarray]:
    """Copy a module's parameters and buffers to the host.

    Parameters
    ----------
    module : nn.Module
        On any device.

    Returns
    -------
    dict of str to ndarray
        By the names of ``state_dict``.
    """
    return {name: _to_array(t) for name, t in module.state_dict().items()}


def arrays_to_module(
    arrays: Mapping[str, np.ndarray], module: nn.Module, *, strict: bool = True
) -> list[str]:
    """Load what :func:`module_to_arrays` returned.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The weights; may be read-only, as joblib's memory maps are.
    module : nn.Module
        Built from the same configuration; changed in place.
    strict : bool, default=True
        Whether all names must match.

    Returns
    -------
    list of str
        Names that the arrays or the module lack.
    """
    state = {name: torch.tensor(array) for name, array in arrays.items()}
    missing, unexpected = module.load_state_dict(state, strict=strict)
    return [*missing, *unexpected]


def optimizer_to_arrays(optimizer: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Copy the optimizer's running statistics to the host.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With its parameters in a fixed order.

    Returns
    -------
    dict of str to ndarray
        Keys are ``"<parameter index>.<statistic>"``.
    """
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{name}": _to_array(torch.as_tensor(value))
        for index, statistics in state.items()
        for name, value in statistics.items()
    }


def arrays_to_optimizer(
    arrays: Mapping[str, np.ndarray], optimizer: torch.optim.Optimizer
) -> None:
    """Load what :func:`optimizer_to_arrays` returned, keeping the current settings.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The running statistics.
    optimizer : torch.optim.Optimizer
        Over the same parameters in the same order; changed in place.
    """
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, array in arrays.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = torch.tensor(array)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _to_array(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:  # NumPy has none; loading turns it back
        tensor = tensor.float()
    return tensor.numpy().copy()
