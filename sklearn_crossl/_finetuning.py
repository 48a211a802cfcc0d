"""Fine-tuning: a pretrained network with a head, trained on labelled windows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from skorch.callbacks import Unfreezer
from skorch.helper import predefined_split
from torch import Tensor, nn

from ._batch import Batch
from ._head import Head
from ._labelled import LabelledBatch, LabelledBatches, LabelledWindows
from ._loop import Epochs, GoodWeights, LossNet, early_stopping, join_callbacks, one_cycle
from ._network import CroSSLNetwork, PerModality
from ._targets import Loss

_ROWS = 256  # of a pass
EPOCHS = Epochs(enough_steps=300, fewest=10)
_HELD_BACK = (0.2, 0.4)  # share of the epochs before aggregator and encoders are trained


class FineTunedNetwork(CroSSLNetwork):
    """A CroSSL network with a head.

    Parameters
    ----------
    n_outputs : int
        Classes, or targets.
    dropout : float
        Dropout rate of the head's input.
    freeze : {None, "encoder", "all"}
        Which part of the pretrained network is not trained.
    **config : dict
        Parameters of :class:`CroSSLNetwork`.
    """

    def __init__(self, n_outputs: int, dropout: float, freeze: str | None, **config: Any):
        super().__init__(**config)
        size = self.aggregator.embedding_size
        self.head = Head(size, self.summary, n_outputs, dropout)
        frozen: dict[str | None, list[nn.Module]] = {
            None: [],
            "encoder": [self.encoders],
            "all": [self.encoders, self.aggregator],
        }
        self._frozen = frozen[freeze]
        for module in self._frozen:
            module.requires_grad_(False)

    def train(self, mode: bool = True) -> FineTunedNetwork:
        """Set the mode; frozen parts stay in evaluation mode."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def forward(  # type: ignore[override]
        self, batch: LabelledBatch, autocast: torch.dtype | None = None
    ) -> Tensor:
        """Compute the outputs of each view, (n_views, batch, n_outputs)."""
        codes = batch.codes  # the pretrained encoders'
        if any(p.requires_grad for p in self.encoders.parameters()):
            windows = batch.windows()
            codes = self.codes(self.encode_autocast(windows, autocast), windows)
        z = self.aggregator(codes, batch.keep[..., None])
        ridge_outputs = None
        if batch.features is not None and self.head.ridge is not None:
            ridge_outputs = self.head.ridge(batch.features.float())
        return self.head(z, batch.summaries, ridge_outputs)

    def fit_ridge(self, x: Tensor, target: np.ndarray, weight: np.ndarray) -> None:
        """Learn the head's map of complete features (n, n_features).

        Parameters
        ----------
        x : Tensor of shape (n, n_features)
            Features of labelled windows.
        target : ndarray of shape (n, n_outputs)
            Target outputs of the map.
        weight : ndarray of shape (n,)
            Weight of each window.
        """
        assert self.summary is not None
        assert self.head.ridge is not None
        axes = self.summary.pca.axes
        known = torch.from_numpy(target), torch.from_numpy(weight)
        self.head.ridge.fit(x, *known, axes)
        self.head.set_ridge_weight(len(x))

    def by_modality(
        self, batch: Batch, padded: Batch, features: Tensor | None
    ) -> PerModality:
        """Encode a batch's modalities, and compute the head's outputs for each."""
        modalities = super().by_modality(batch, padded, features)
        if features is None or self.head.ridge is None:
            return modalities
        return modalities._replace(outputs=self.head.ridge.by_modality(features))

    def fuse(
        self, modalities: PerModality, observed: Tensor, needs_z: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Compute global embedding and outputs by the modalities observed, (n, M)."""
        z = self.aggregator(modalities.codes, observed[..., None])
        if self.summary is None or self.head.ridge is None:
            return z, self.head(z, None, None)
        assert modalities.projections is not None
        assert modalities.outputs is not None
        components = self.summary.pca.components(modalities.projections, observed)
        ridge_outputs = self.head.ridge.fuse(modalities.outputs, components, observed)
        return z, self.head(z, self.summary(components), ridge_outputs)


class FineTuningNet(LossNet):
    """Trains a :class:`FineTunedNetwork`.

    Parameters
    ----------
    module : FineTunedNetwork
        Trained in place.
    loss : callable
        Maps outputs (n, n_outputs) and targets (n,) to losses (n,).
    autocast : torch.dtype or None
        The encoders' number format.
    head_lr : float
        The head's learning rate; ``lr`` is that of the rest.
    **kwargs : dict
        Parameters of :class:`skorch.NeuralNet`.
    """

    rates = ("lr", "head_lr")

    def __init__(
        self,
        module: FineTunedNetwork,
        *,
        loss: Loss,
        autocast: torch.dtype | None,
        head_lr: float,
        **kwargs: Any,
    ):
        super().__init__(module, **kwargs)
        self.loss = loss
        self.autocast = autocast
        self.head_lr = head_lr

    def infer(self, x: LabelledBatch, **fit_params: Any) -> dict[str, Tensor]:
        outputs = self.module_(x, self.autocast).float()
        n_views = len(outputs)
        losses = self.loss(outputs.flatten(0, 1), x.target.repeat(n_views))
        return {"loss": (losses * x.weight.repeat(n_views)).mean()}


def fine_tune(
    network: FineTunedNetwork,
    training: LabelledWindows,
    validation: LabelledWindows | None,
    loss: Loss,
    *,
    device: torch.device,
    autocast: torch.dtype | None,
    max_epochs: int,
    batch_size: int,
    lr: float,
    head_lr: float,
    weight_decay: float,
    gradual_unfreezing: bool,
    patience: int,
    callbacks: Sequence[Any],
    verbose: int,
) -> FineTuningNet:
    """Train a network in place; returns the skorch net with its history.

    Parameters are those of :class:`sklearn_crossl.CroSSLClassifier`, resolved.
    """
    n_steps = max_epochs * -(-len(training) // batch_size)
    groups = _parameter_groups(network, lr, head_lr)
    own: list[Any] = [("good_weights", GoodWeights())]
    if gradual_unfreezing:
        own += _unfreezing(network, max_epochs)
    own.append(("lr_schedule", one_cycle([g["lr"] for g in groups], n_steps)))
    last: list[Any] = []
    if validation is not None:
        last.append(("early_stopping", early_stopping("valid_loss", patience)))
    net = FineTuningNet(
        network,
        loss=loss,
        autocast=autocast,
        device=device,
        max_epochs=max_epochs,
        batch_size=batch_size,
        lr=lr,
        head_lr=head_lr,
        optimizer=partial(_adamw, groups),
        optimizer__weight_decay=weight_decay,
        train_split=None if validation is None else predefined_split(validation),
        iterator_train=LabelledBatches,
        iterator_train__device=device,
        iterator_train__training=True,
        iterator_valid=LabelledBatches,
        iterator_valid__device=device,
        callbacks=join_callbacks(own, callbacks, last, verbose),
        verbose=0,
    )
    net.fit(training)
    return net


@torch.no_grad()
def outputs(
    network: FineTunedNetwork, windows: LabelledWindows, device: torch.device
) -> np.ndarray:
    """Compute outputs for windows with all of their sensors, (n, n_outputs), in order."""
    network.eval()
    batches = LabelledBatches(windows, _ROWS, device)
    return torch.cat([network(batch)[0] for batch, _ in batches]).cpu().numpy()


def _parameter_groups(
    network: FineTunedNetwork, lr: float, head_lr: float
) -> list[dict[str, Any]]:
    """Split the trainable parameters into the head's and the pretrained ones."""
    head = list(network.head.parameters())
    of_head = {id(p) for p in head}
    rest = [p for p in network.parameters() if p.requires_grad and id(p) not in of_head]
    groups = [{"params": head, "lr": head_lr}, {"params": rest, "lr": lr}]
    return [group for group in groups if group["params"]]


def _adamw(
    groups: list[dict[str, Any]], parameters: Any, lr: float, **kwargs: Any
) -> torch.optim.Optimizer:
    """Make the optimizer of groups with learning rates of their own."""
    return torch.optim.AdamW(groups, fused=True, **kwargs)


def _unfreezing(
    network: FineTunedNetwork, max_epochs: int
) -> list[tuple[str, Unfreezer]]:
    """Let the head learn first, then the aggregator, then the encoders."""
    callbacks = []
    for name, share in zip(("aggregator", "encoders"), _HELD_BACK, strict=True):
        module = getattr(network, name)
        if any(p.requires_grad for p in module.parameters()):
            module.requires_grad_(False)
            epoch = 1 + int(share * max_epochs)
            callbacks.append((f"unfreeze_{name}", Unfreezer(f"{name}.*", at=epoch)))
    return callbacks
