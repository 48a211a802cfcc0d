"""Pretraining: the skorch net, its data and its callbacks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import Tensor

from ._batch import Batch
from ._batches import ShuffledBatches, StreamedWindows, WindowDataset
from ._compile import compiled
from ._device import float64_on_host
from ._effective_rank import effective_rank
from ._loop import Epochs, GoodWeights, LossNet, early_stopping, join_callbacks, one_cycle
from ._network import CroSSLNetwork
from ._summary.fitting import Sample

#: The accepted short names of ``CroSSLTransformer(optimizer=...)``; their steps fused.
OPTIMIZERS: dict[str, Any] = {
    "adam": partial(torch.optim.Adam, fused=True),
    "adamw": partial(torch.optim.AdamW, fused=True),
    "sgd": partial(torch.optim.SGD, fused=True),
}

EPOCHS = Epochs(enough_steps=500, fewest=20, most=100)
_PROBE_WINDOWS = 256  # windows whose embedding is monitored


class PretrainingNet(LossNet):
    """Trains a :class:`CroSSLNetwork`, and monitors the embedding of some windows.

    Parameters
    ----------
    module : CroSSLNetwork
        Trained in place.
    probe : Batch
        Training windows whose embedding is monitored.
    autocast : torch.dtype or None
        The encoders' number format.
    **kwargs : dict
        Parameters of :class:`skorch.NeuralNet`.
    """

    def __init__(
        self,
        module: CroSSLNetwork,
        *,
        probe: Batch,
        autocast: torch.dtype | None = None,
        **kwargs: Any,
    ):
        super().__init__(module, train_split=None, **kwargs)
        self.probe = probe
        self.autocast = autocast
        self.sample: Sample | None = None

    def embed_probe(self) -> tuple[Tensor, Tensor]:
        """Embed the probe: codes and global embedding, unmasked."""
        self.module_.eval()
        with torch.inference_mode():
            return self.module_.embed_batch(self.probe)

    def code_means(self) -> Tensor:
        """Compute each modality's mean code, (M, code_size); NaN if no window has it."""
        codes = self.embed_probe()[0]  # zero where missing
        return codes.sum(0) / self.probe.observed.sum(0)[:, None]

    def infer(self, x: Batch, **fit_params: Any) -> dict[str, Tensor]:
        return self.module_(x, self.autocast)


class _EffectiveRank(Callback):
    """Records the effective rank of the probe's embedding, which must be finite."""

    def on_epoch_end(self, net: PretrainingNet, **kwargs: Any) -> None:
        embedding = float64_on_host(net.embed_probe()[1]).numpy()
        if not np.isfinite(embedding).all():
            net.diverge()
        net.history.record("effective_rank", effective_rank(embedding))


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
    bridge: Callback | None = None,
) -> PretrainingNet:
    """Build the skorch net for a network; ``fit(dataset)`` trains it in place.

    Parameters are those of :class:`sklearn_crossl.CroSSLTransformer`, resolved, and the
    ``bridge`` to callbacks of other kinds.
    """
    if compile:
        network.encode = compiled(network.encode)  # type: ignore[method-assign]
    batches = ShuffledBatches(dataset, batch_size, device)
    own: list[Any] = [  # the first may end training before the second keeps bad weights
        ("effective_rank", _EffectiveRank()),
        ("good_weights", GoodWeights()),
    ]
    if lr_schedule == "onecycle":
        own.append(("lr_schedule", one_cycle(lr, max_epochs * len(batches))))
    last: list[Any] = []
    if bridge is not None:
        last.append(("scikit_learn", bridge))
    if patience is not None:
        last.append(("early_stopping", early_stopping("train_loss", patience)))
    probed, rows = dataset.sample(_PROBE_WINDOWS)
    return PretrainingNet(
        network,
        probe=probed.batch(rows).to(device),
        autocast=autocast,
        device=device,
        max_epochs=max_epochs,
        batch_size=batch_size,
        lr=lr,
        optimizer=_optimizer_class(optimizer),
        optimizer__weight_decay=weight_decay,
        iterator_train=ShuffledBatches,
        iterator_train__device=device,
        callbacks=join_callbacks(own, callbacks, last, verbose),
        verbose=0,
    )


def _optimizer_class(
    optimizer: str | type[torch.optim.Optimizer],
) -> type[torch.optim.Optimizer]:
    """Return the class of an optimizer's short name, or the user's."""
    if isinstance(optimizer, str):
        return OPTIMIZERS[optimizer]
    wrong = ""
    if not issubclass(optimizer, torch.optim.Optimizer):
        wrong = "is a class but no torch.optim.Optimizer"
    elif not _takes_weight_decay(optimizer):
        wrong = "does not take weight_decay, which is passed to it"
    if wrong:
        raise TypeError(
            f"optimizer={optimizer.__name__} {wrong}; pass one of "
            f"{', '.join(map(repr, OPTIMIZERS))}, or a subclass of "
            "torch.optim.Optimizer with lr and weight_decay, such as torch.optim.RAdam."
        )
    return optimizer


def _takes_weight_decay(optimizer: type[torch.optim.Optimizer]) -> bool:
    parameters = signature(optimizer).parameters
    has_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return has_any or "weight_decay" in parameters
