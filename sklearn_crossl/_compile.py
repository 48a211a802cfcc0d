"""Compilation of the encoders, which may fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ._device import out_of_memory
from ._warnings import warn


def compiled(function: Callable) -> Callable:
    """Compile a function; if that fails, warn and use it uncompiled."""
    current = torch.compile(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal current
        try:
            return current(*args, **kwargs)
        except Exception as error:  # a compiler's can be of any type
            if current is function or out_of_memory(error):
                raise
            warn(
                f"torch.compile failed ({type(error).__name__}: {error}); training goes "
                "on without it. Set compile=False to silence this warning.",
                RuntimeWarning,
            )
            current = function
            return function(*args, **kwargs)

    return call
