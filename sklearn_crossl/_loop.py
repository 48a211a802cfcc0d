"""skorch's loop around a network that computes its own loss, and its callbacks."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, EpochTimer, LRScheduler
from torch import Tensor, nn

from ._warnings import warn

# Names in ``history_`` that no term of a loss may take.
_RESERVED = {"batches", "dur", "effective_rank", "epoch"}
_NOT_KEPT = {"batches", "train_loss_best", "valid_loss_best"}  # in ``history_``


class Epochs(NamedTuple):
    """The meaning of "auto" epochs: enough for a number of steps, within limits."""

    enough_steps: int
    fewest: int
    most: int = sys.maxsize

    def resolve(self, max_epochs: int | str, n_windows: int, batch_size: int) -> int:
        """Take the user's number, or choose one."""
        if max_epochs != "auto":
            return int(max_epochs)
        steps_an_epoch = -(-n_windows // batch_size)
        return min(max(-(-self.enough_steps // steps_an_epoch), self.fewest), self.most)


class StopTraining(KeyboardInterrupt):
    """Stops skorch's loop on purpose; the loop ends cleanly on KeyboardInterrupt."""


class LossNet(NeuralNet):
    """skorch's loop around a module that returns the terms of its loss.

    Losses are read once per epoch, since reading them waits for the device.

    Parameters
    ----------
    module : nn.Module
        Trained in place; maps a batch to a mapping with the key ``"loss"``.
    **kwargs : dict
        Parameters of :class:`skorch.NeuralNet`.

    Attributes
    ----------
    interrupted_ : bool
        Whether the user, or a callback other than early stopping, ended the training.
    diverged_ : int or None
        The epoch in which loss, weights or embedding became NaN or infinite.
    """

    rates: tuple[str, ...] = ("lr",)  # attributes that are learning rates

    def __init__(self, module: nn.Module, **kwargs: Any):
        super().__init__(module, criterion=nn.Identity, **kwargs)
        self.interrupted_ = False
        self.diverged_: int | None = None

    def fit_loop(self, *args: Any, **kwargs: Any) -> LossNet:
        try:
            return super().fit_loop(*args, **kwargs)
        except StopTraining:
            raise
        except KeyboardInterrupt:
            rules = [c for _, c in self.callbacks_ if isinstance(c, EarlyStopping)]
            self.interrupted_ = not any(c.misses_ == c.patience for c in rules)
            raise

    def on_train_begin(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        super().on_train_begin(net, *args, **kwargs)
        self.module_.train()  # parts may be in another mode than the whole

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        super().on_epoch_end(net, **kwargs)
        if not self._has_good_weights():  # the loss was computed before the last step
            self.diverge()

    def on_train_end(self, net: NeuralNet, *args: Any, **kwargs: Any) -> None:
        super().on_train_end(net, *args, **kwargs)
        if self.interrupted_ and not self._has_good_weights():
            self.diverged_ = len(self.history)

    def _has_good_weights(self) -> bool:
        """Return whether trainable weights and their squares (for norms) are finite."""
        learning = [p.detach() for p in self.module_.parameters() if p.requires_grad]
        return bool(np.isfinite(float(sum(p.abs().square().sum() for p in learning))))

    def diverge(self) -> NoReturn:
        """End the training; the current epoch does not count."""
        self.diverged_ = len(self.history)
        raise StopTraining

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # skorch asks before every step
            super()._set_training(training)

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return join_callbacks([("epoch_timer", EpochTimer())])

    def get_loss(
        self,
        y_pred: dict[str, Tensor],
        y_true: Any,
        X: Any = None,
        training: bool = False,
    ) -> Tensor:
        return y_pred["loss"]

    def run_single_epoch(
        self, iterator: Any, training: bool, prefix: str, step_fn: Any, **fit_params: Any
    ) -> None:
        if iterator is None:
            return
        totals: dict[str, Tensor] = {}
        n_batches = 0
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            if not n_batches:
                _check_names(step["y_pred"])
            n_batches += 1
            size = len(batch[0].observed)
            for name, term in step["y_pred"].items():
                totals[name] = totals.get(name, 0) + term.detach() * size
            self.notify("on_batch_end", batch=batch, training=training, **step)
        means = {name: float(t) / len(iterator.dataset) for name, t in totals.items()}
        if not all(np.isfinite(list(means.values()))):
            self.diverge()
        name, loss = f"{prefix}_loss", means.pop("loss")
        earlier = [row[name] for row in self.history[:-1] if name in row]
        best = min(earlier, default=np.inf)
        self.history.record(name, loss)
        self.history.record(f"{name}_best", loss < best)  # for skorch's Checkpoint
        for name, value in means.items():
            self.history.record(name, value)
        self.history.record(f"{prefix}_batch_count", n_batches)


def _check_names(terms: Mapping[str, Tensor]) -> None:
    """Raise ValueError if terms of a loss would replace other entries of the history."""
    of_skorch = {n for n in terms if n.startswith(("train_", "valid_"))}
    reserved = sorted(of_skorch | (_RESERVED & terms.keys()))
    if reserved:
        raise ValueError(
            f"The objective returned terms named {reserved}, which `history_` uses for "
            "other entries; call them something else."
        )


class GoodWeights(Callback):
    """Keeps the weights of the last epoch that did not diverge."""

    def on_epoch_end(self, net: LossNet, **kwargs: Any) -> None:
        # An epoch may be one step, so copy little: the summary, which is most of the
        # weights, is never trained.
        arrays = net.module_.state_dict().items()
        self.weights_ = {n: a.clone() for n, a in arrays if not n.startswith("summary.")}

    def on_train_end(self, net: LossNet, **kwargs: Any) -> None:
        if net.diverged_ is not None and hasattr(self, "weights_"):
            net.module_.load_state_dict(self.weights_, strict=False)


class ProgressBar(Callback):
    """One bar over the epochs, in a terminal or a notebook."""

    def on_train_begin(self, net: LossNet, **kwargs: Any) -> None:
        from tqdm.auto import tqdm

        self.bar_ = tqdm(total=net.max_epochs, desc="CroSSL", unit="epoch")

    def on_epoch_end(self, net: LossNet, **kwargs: Any) -> None:
        last = net.history[-1]
        shown = {"loss": "train_loss", "rank": "effective_rank", "valid": "valid_loss"}
        values = {short: last[name] for short, name in shown.items() if name in last}
        self.bar_.set_postfix({short: f"{value:.3g}" for short, value in values.items()})
        self.bar_.update()

    def on_train_end(self, net: LossNet, **kwargs: Any) -> None:
        self.bar_.close()


def one_cycle(lr: float | Sequence[float], n_steps: int) -> LRScheduler:
    """Make a one-cycle schedule of the learning rates of the parameter groups."""
    return LRScheduler(
        _one_cycle_of,
        max_lr=lr,
        total_steps=n_steps + 1,  # skorch steps once more, after the last batch
        step_every="batch",
    )


def _one_cycle_of(optimizer: torch.optim.Optimizer, **kwargs: Any) -> Any:
    """Make the schedule; it cycles the momentum, too, if the optimizer has one."""
    settings = optimizer.defaults
    has_momentum = "betas" in settings or settings.get("momentum", 0) > 0
    schedule = torch.optim.lr_scheduler.OneCycleLR
    return schedule(optimizer, cycle_momentum=has_momentum, **kwargs)


def early_stopping(monitor: str, patience: int) -> EarlyStopping:
    """Stop after ``patience`` epochs without a lower loss; restore the best weights."""
    return EarlyStopping(monitor, patience=patience, threshold=0, load_best=True)


def check_callbacks(callbacks: Sequence[Any] | None) -> None:
    """Check that callbacks are skorch's, with names or without."""
    for callback in callbacks or ():
        is_pair = isinstance(callback, (tuple, list)) and len(callback) == 2
        named = is_pair and isinstance(callback[0], str)
        one = callback[1] if named else callback
        kind = one if isinstance(one, type) else type(one)
        if not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks has {callback!r}; expected objects or subclasses of "
                "skorch.callbacks.Callback, or pairs of a name and one of these. "
                "CroSSLTransformer.set_callbacks takes those of scikit-learn."
            )


def join_callbacks(
    own: list[tuple[str, Callback]],
    users: Sequence[Any] = (),
    last: Sequence[tuple[str, Callback]] = (),
    verbose: int = 0,
) -> list[Any]:
    """Join our callbacks and copies of the user's; ours have a prefix to avoid clashes.

    Callbacks that may end the training come last: they raise, so that any callbacks after
    them would not be called.
    """
    bar = [("progress_bar", ProgressBar())] if verbose else []
    copies = [clone(callback, safe=False) for callback in users]
    return [*_prefixed([*own, *bar]), *copies, *_prefixed(last)]


def _prefixed(named: Sequence[tuple[str, Callback]]) -> list[tuple[str, Callback]]:
    return [(f"crossl_{name}", callback) for name, callback in named]


def history(net: LossNet) -> list[dict[str, Any]]:
    """Collect what was recorded of each epoch."""
    return [
        {name: value for name, value in epoch.items() if name not in _NOT_KEPT}
        for number, epoch in enumerate(net.history, start=1)
        if "train_loss" in epoch and number != net.diverged_  # nor one cut short
    ]


def completed(net: LossNet) -> bool:
    """Return whether training neither diverged nor was interrupted."""
    return net.diverged_ is None and not net.interrupted_


def check_end(net: LossNet, outcome: str) -> None:
    """Raise, with the outcome, if epoch 1 diverged; warn of any other early end."""
    if net.diverged_ is not None:
        names = " or ".join(net.rates)
        now = " and ".join(str(getattr(net, name)) for name in net.rates)
        text = (
            "Training diverged: the loss, the weights or the embedding became NaN or "
            f"infinite in epoch {net.diverged_}. Try a lower {names} (now {now}), "
            "precision='fp32', or look for extreme values in X."
        )
        if net.diverged_ == 1:
            raise ValueError(f"{text} No epoch ended well: {outcome}")
        epoch = _best_epoch(net) or net.diverged_ - 1
        text += f" The weights of epoch {epoch} are kept."
        warn(text, ConvergenceWarning)
    elif net.interrupted_:
        best = _best_epoch(net)
        kept = "at that moment" if best is None else f"of epoch {best}, the best,"
        warn(
            f"Training was interrupted in epoch {len(net.history)}; the weights {kept} "
            "are kept and the estimator can be used.",
            ConvergenceWarning,
        )


def _best_epoch(net: LossNet) -> int | None:
    """Return the epoch whose weights early stopping restored; None if it did not."""
    for _, rule in net.callbacks_:
        if isinstance(rule, EarlyStopping) and rule.best_model_weights_ is not None:
            return int(rule.best_epoch_)
    return None
