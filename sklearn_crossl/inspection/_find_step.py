"""Find a step in a fitted estimator, and what comes before and after it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted


class FoundStep(NamedTuple):
    """A step, and the steps around it, of nested pipelines too."""

    before: list[Any]
    step: Any
    after: list[Any]

    def until_step(self, X: Any) -> Any:
        """Transform windows as the steps before do.

        Parameters
        ----------
        X : object
            Windows, as the whole pipeline takes them.

        Returns
        -------
        object
            As the step takes them.
        """
        for transformer in self.before:
            X = transformer.transform(X)
        return X


def find_step(estimator: Any, kind: type | tuple[type, ...]) -> FoundStep | None:
    """Split a fitted estimator around the first step of a class.

    Parameters
    ----------
    estimator : estimator
        The step itself, a pipeline with it, or a search over these.
    kind : type or tuple of type
        The class, or several.

    Returns
    -------
    FoundStep or None
        None if there is no such step.

    Raises
    ------
    NotFittedError
        If the step is not fitted.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, FrozenEstimator):  # forwards reading, not setting
        return find_step(estimator.estimator, kind)
    if isinstance(estimator, kind):
        check_is_fitted(estimator)
        return FoundStep([], estimator, [])
    steps = [step for _, step in getattr(estimator, "steps", ())]
    steps = [step for step in steps if step not in (None, "passthrough")]
    for at, step in enumerate(steps):
        found = find_step(step, kind)
        if found is not None:
            before, after = steps[:at] + found.before, found.after + steps[at + 1 :]
            return FoundStep(before, found.step, after)
    return None


def find_fitted(estimator: Any, attribute: str) -> Any:
    """Find the estimator that has a fitted attribute: this one, or one inside it.

    Parameters
    ----------
    estimator : estimator
        Searched with the steps of a pipeline and what a search or meta-estimator fitted.
    attribute : str
        Its name.

    Returns
    -------
    estimator or None
        The first that has it.
    """
    if hasattr(estimator, attribute):
        return estimator
    inner = [step for _, step in getattr(estimator, "steps", ())]
    inner += [getattr(estimator, n, None) for n in ("best_estimator_", "estimator_")]
    template = getattr(estimator, "estimator", None)
    if isinstance(template, FrozenEstimator) or isinstance(estimator, FrozenEstimator):
        inner.append(template)  # it came fitted; others are cloned, not fitted
    found = (find_fitted(part, attribute) for part in inner if part is not None)
    return next((part for part in found if part is not None), None)
