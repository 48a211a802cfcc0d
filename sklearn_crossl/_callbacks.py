"""scikit-learn's own callbacks, where scikit-learn has them (1.9 and later)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback

from ._loop import StopTraining

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in where scikit-learn has no callbacks."""


__all__ = ["CallbackBridge", "CallbackSupportMixin", "bridge_to"]


class CallbackBridge(Callback):
    """Tells scikit-learn's callbacks of each epoch of skorch's loop.

    Parameters
    ----------
    estimator : estimator
        The one being fitted.
    max_epochs : int
        Number of epochs if nothing stops the training.
    X : array-like
        What ``fit`` was given.
    fitted : callable
        Returns the fitted attributes as of now; called only if a callback asks.
    """

    def __init__(self, estimator: Any, max_epochs: int, X: Any, fitted: Callable):
        self.estimator = estimator
        self.max_epochs = max_epochs
        self.X = X
        self.fitted = fitted

    def on_train_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.fit_ = self.estimator._init_callback_context(max_subtasks=self.max_epochs)
        self.fit_.call_on_fit_task_begin(estimator=self.estimator, X=self.X)

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        self.epoch_ = self.fit_.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(estimator=self.estimator, X=self.X)

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        stop = self.epoch_.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            reconstruction_attributes=lambda: self.fitted(net),
        )
        if stop:
            raise StopTraining

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        self.fit_.call_on_fit_task_end(
            estimator=self.estimator,
            X=self.X,
            reconstruction_attributes=lambda: self.fitted(net),
        )


def bridge_to(
    estimator: Any, max_epochs: int, X: Any, fitted: Callable
) -> CallbackBridge | None:
    """Build a bridge to an estimator's callbacks, if scikit-learn has callbacks."""
    if not hasattr(estimator, "_init_callback_context"):
        return None
    return CallbackBridge(estimator, max_epochs, X, fitted)
