"""Part a fitted pipeline into what comes before a step, the step, and what follows."""

from __future__ import annotations

from typing import Any, NamedTuple

from sklearn.frozen import FrozenEstimator


class Parts(NamedTuple):
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


def parts(estimator: Any, attribute: str) -> Parts | None:
    """Part a fitted estimator around the first step that has an attribute.

    Parameters
    ----------
    estimator : estimator
        The step itself, a pipeline with it, or a search over these.
    attribute : str
        Its name.

    Returns
    -------
    Parts or None
        None if no step has it.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, FrozenEstimator):  # passes on what is read, not what is set
        return parts(estimator.estimator, attribute)
    if hasattr(estimator, attribute):
        return Parts([], estimator, [])
    steps = [step for _, step in getattr(estimator, "steps", ())]
    steps = [step for step in steps if step not in (None, "passthrough")]
    for at, step in enumerate(steps):
        found = parts(step, attribute)
        if found is not None:
            before, after = steps[:at] + found.before, found.after + steps[at + 1 :]
            return Parts(before, found.step, after)
    return None
