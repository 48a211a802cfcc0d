"""A stage by its short name, as an object of its class, or as the user's own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sklearn.base import BaseEstimator, clone
from torch import nn

Stage = TypeVar("Stage", bound=BaseEstimator)


def resolve_stage(
    role: str,
    value: Any,
    registry: Mapping[str, Callable[..., Stage]],
    adapter: Callable[[type[nn.Module]], Stage],
) -> Stage:
    """Turn what the user passed for a stage into an object with a ``build`` method.

    Parameters
    ----------
    role : str
        Name of the parameter, for errors.
    value : str, stage object or nn.Module class
        What the user passed. An object is cloned.
    registry : mapping of str to type
        The known short names.
    adapter : callable
        Makes a stage object of the user's module class.

    Returns
    -------
    stage object
        Not shared with the caller.

    Raises
    ------
    TypeError
        If the value is a class that is no :class:`torch.nn.Module`.
    """
    if isinstance(value, str):
        return registry[value]()
    if isinstance(value, type):
        if not issubclass(value, nn.Module):
            known = ", ".join(repr(name) for name in sorted(registry))
            raise TypeError(
                f"{role}={value.__name__} is a class but no torch.nn.Module; pass one of "
                f"{known}, an object of such a stage's class, or a subclass of "
                "torch.nn.Module."
            )
        return adapter(value)
    return clone(value)
