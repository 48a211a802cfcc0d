"""Stages given by a short name, as an object, or as the user's own module class.

A package registers a stage by importing its module; the functions here find it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral
from types import ModuleType
from typing import Any, TypeVar

from sklearn.base import BaseEstimator, clone
from torch import nn

Stage = TypeVar("Stage", bound=BaseEstimator)


def by_short_name(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the stages of a package that have a short name, by that name."""
    stages = (value for value in namespace.values() if isinstance(value, type))
    # A subclass does not inherit the name: it would take its parent's place.
    named = {vars(stage).get("short_name"): stage for stage in stages}
    return {name: named[name] for name in sorted(filter(None, named))}


def public_names(namespace: Mapping[str, Any]) -> list[str]:
    """List the public names of a package: all that it imported, except modules."""
    return sorted(
        name
        for name, value in namespace.items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    )


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


def check_sizes(stage: BaseEstimator, name: str, least: int = 1) -> None:
    """Check a parameter of a stage that has a size for each layer.

    Parameters
    ----------
    stage : stage object
        The stage that has the parameter.
    name : str
        Name of the parameter, which is a sequence.
    least : int, default=1
        Smallest valid size.

    Raises
    ------
    ValueError
        If a size is not an int, or is too small.
    """
    sizes = getattr(stage, name)
    are_ints = (isinstance(s, Integral) and not isinstance(s, bool) for s in sizes)
    if not all(are_ints) or any(size < least for size in sizes):
        why = ", since normalisation makes a single unit zero" if least == 2 else ""
        raise ValueError(
            f"The {name!r} parameter of {type(stage).__name__} is {sizes!r}; expected "
            f"ints, one for each layer and at least {least} each{why}."
        )
