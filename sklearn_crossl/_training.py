"""Pretraining: the skorch net, its data and its callbacks."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, EpochTimer, LRScheduler
from torch import Tensor, nn

from ._batch import Batch
from ._batches import ShuffledBatches, StreamedWindows, WindowDataset
from ._device import compiled
from ._network import CroSSLNetwork
from ._summary.fitting import Sample
from .inspection import effective_rank

#: The accepted short names of ``CroSSLTransformer(optimizer=...)``; their steps fused.
OPTIMIZERS = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
    "sgd": partial(torch.optim.SGD, fused=True),
}

_ENOUGH_STEPS = 500
_FEWEST_AND_MOST_EPOCHS = (20, 100)
_PROBE_WINDOWS = 256  # windows that an epoch's embedding is looked at by


def enough_epochs(n_windows: int, batch_size: int) -> int:
    """Choose the epochs that make enough steps, within limits."""
    steps_an_epoch = -(-n_windows // batch_size)
    return int(np.clip(-(-_ENOUGH_STEPS // steps_an_epoch), *_FEWEST_AND_MOST_EPOCHS))


class Diverged(KeyboardInterrupt):
    """Stops skorch's loop, which takes KeyboardInterrupt for a wish to end."""


class PretrainingNet(NeuralNet):
    """skorch's loop around a :class:`CroSSLNetwork`, which computes its own loss.

    Losses are read once per epoch, since reading them waits for the device.

    Parameters
    ----------
    module : CroSSLNetwork
        Trained in place.
    probe : Batch
        Some training windows, to look at the embedding by.
    autocast : torch.dtype or None
        The encoders' number format.
    **kwargs : dict
        Parameters of :class:`skorch.NeuralNet`.

    Attributes
    ----------
    interrupted_ : bool
        Whether the user stopped the training.
    diverged_ : int or None
        The epoch in which the loss became NaN or infinite.
    """

    def __init__(
        self,
        module: CroSSLNetwork,
        *,
        probe: Batch,
        autocast: torch.dtype | None = None,
        **kwargs: Any,
    ):
        super().__init__(module, criterion=nn.Identity, train_split=None, **kwargs)
        self.probe = probe
        self.autocast = autocast
        self.interrupted_ = False
        self.diverged_: int | None = None
        self.sample: Sample | None = None

    def embed_probe(self) -> tuple[Tensor, Tensor]:
        """Embed the probe: codes and global embedding, unmasked."""
        self.module_.eval()
        with torch.inference_mode():
            return self.module_.embed_batch(self.probe)

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # skorch asks before every step
            super()._set_training(training)

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return [("epoch_timer", EpochTimer())]

    def infer(self, x: Batch, **fit_params: Any) -> dict[str, Tensor]:
        return self.module_(x, self.autocast)

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
        try:
            for batch in iterator:
                self.notify("on_batch_begin", batch=batch, training=training)
                step = step_fn(batch, **fit_params)
                n_batches += 1
                size = len(batch[0].observed)
                for name, term in step["y_pred"].items():
                    totals[name] = totals.get(name, 0) + term.detach() * size
                self.notify("on_batch_end", batch=batch, training=training, **step)
        except KeyboardInterrupt:
            self.interrupted_ = True
            raise
        means = {name: float(t) / len(iterator.dataset) for name, t in totals.items()}
        if not all(np.isfinite(list(means.values()))):
            self.diverged_ = len(self.history)
            raise Diverged
        self.history.record(f"{prefix}_loss", means.pop("loss"))
        for name, value in means.items():
            self.history.record(name, value)
        self.history.record(f"{prefix}_batch_count", n_batches)


class _GoodWeights(Callback):
    """Keeps the weights of the last epoch whose loss was finite."""

    def on_epoch_end(self, net: PretrainingNet, **kwargs: Any) -> None:
        self.weights_ = copy.deepcopy(net.module_.state_dict())

    def on_train_end(self, net: PretrainingNet, **kwargs: Any) -> None:
        if net.diverged_ is not None and hasattr(self, "weights_"):
            net.module_.load_state_dict(self.weights_)


class _EffectiveRank(Callback):
    """Records the effective rank of the probe's embedding."""

    def on_epoch_end(self, net: PretrainingNet, **kwargs: Any) -> None:
        embedding = net.embed_probe()[1].double().cpu().numpy()
        finite = np.isfinite(embedding).all()
        rank = effective_rank(embedding) if finite else float("nan")
        net.history.record("effective_rank", rank)


class _ProgressBar(Callback):
    """One bar over the epochs, in a terminal or a notebook."""

    def on_train_begin(self, net: PretrainingNet, **kwargs: Any) -> None:
        from tqdm.auto import tqdm

        self.bar_ = tqdm(total=net.max_epochs, desc="CroSSL", unit="epoch")

    def on_epoch_end(self, net: PretrainingNet, **kwargs: Any) -> None:
        last = net.history[-1]
        self.bar_.set_postfix(
            loss=f"{last['train_loss']:.3g}", rank=f"{last['effective_rank']:.1f}"
        )
        self.bar_.update()

    def on_train_end(self, net: PretrainingNet, **kwargs: Any) -> None:
        self.bar_.close()


def make_net(
    network: CroSSLNetwork,
    dataset: WindowDataset | StreamedWindows,
    *,
    device: torch.device,
    autocast: torch.dtype | None,
    compile: bool,
    max_epochs: int,
    batch_size: int,
    lr: float,
    lr_schedule: str,
    optimizer: str | type[torch.optim.Optimizer],
    weight_decay: float,
    patience: int | None,
    callbacks: Sequence[Any],
    verbose: int,
) -> PretrainingNet:
    """Build the skorch net for a network; ``fit(dataset)`` trains it in place.

    Parameters are those of :class:`sklearn_crossl.CroSSLTransformer`, resolved.
    """
    if compile:
        network.encode = compiled(network.encode)  # type: ignore[method-assign]
    batches = ShuffledBatches(dataset, batch_size, device)
    own: list[Any] = [
        ("good_weights", _GoodWeights()),
        ("effective_rank", _EffectiveRank()),
    ]
    if lr_schedule == "onecycle":
        own.append(("lr_schedule", _one_cycle(lr, max_epochs * len(batches))))
    if verbose:
        own.append(("progress_bar", _ProgressBar()))
    last: list[Any] = []  # early stopping raises, so whatever follows it is not called
    if patience is not None:
        last.append(("early_stopping", _early_stopping(patience)))
    return PretrainingNet(
        network,
        probe=_probe(dataset).to(device),
        autocast=autocast,
        device=device,
        max_epochs=max_epochs,
        batch_size=batch_size,
        lr=lr,
        optimizer=OPTIMIZERS[optimizer] if isinstance(optimizer, str) else optimizer,
        optimizer__weight_decay=weight_decay,
        iterator_train=ShuffledBatches,
        iterator_train__device=device,
        callbacks=[*own, *(clone(callback, safe=False) for callback in callbacks), *last],
        verbose=0,
    )


def _probe(dataset: WindowDataset | StreamedWindows) -> Batch:
    windows, rows = dataset.sample(_PROBE_WINDOWS)
    return windows.batch(rows)


def _one_cycle(lr: float, n_steps: int) -> LRScheduler:
    return LRScheduler(
        torch.optim.lr_scheduler.OneCycleLR,
        max_lr=lr,
        total_steps=n_steps + 1,  # skorch steps once more, after the last batch
        step_every="batch",
    )


def _early_stopping(patience: int) -> EarlyStopping:
    return EarlyStopping("train_loss", patience=patience, threshold=0, load_best=True)
