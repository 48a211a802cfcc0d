"""The default encoder and aggregator, trained from scratch on labels alone."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.preprocessing import LabelEncoder
from torch import nn

from sklearn_crossl._batch import Batch
from sklearn_crossl._network import CroSSLNetwork
from sklearn_crossl.aggregators import SetAggregator
from sklearn_crossl.encoders import TCNEncoder

from .recordings import Windows, channel_moments, select

BATCH_SIZE = 128
EPOCHS = 20


class SupervisedNetwork:
    """A network and a linear layer; windows without labels are of no use to it.

    What is missing is left out, as in CroSSL's own network.

    Parameters
    ----------
    least_steps : int, default=300
        Training steps at least, however few the labelled windows are.
    """

    heads = ("network",)

    def __init__(self, least_steps: int = 300):
        self.least_steps = least_steps

    def fit(self, X: Windows, seed: int, subject: np.ndarray | None = None) -> None:
        """Learn the channels' moments."""
        self.seed = seed
        self.moments = channel_moments(X)

    def train(self, X: Windows, y: np.ndarray):
        """Train on labelled windows; returns what maps windows to classes."""
        encoder = LabelEncoder().fit(y)
        target = torch.from_numpy(encoder.transform(y))
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            network, layer = self._build(X, len(encoder.classes_))
            self._train(network, layer, X, target)

        def predict(X: Windows) -> np.ndarray:
            n = len(next(iter(X.values())))
            with torch.inference_mode():
                parts = [
                    layer(network.embed_batch(self._batch(X, rows))[1]).argmax(1)
                    for rows in np.array_split(np.arange(n), -(-n // 256))
                ]
            return encoder.inverse_transform(torch.cat(parts).numpy())

        return predict

    def _build(self, X: Windows, n_classes: int):
        shapes = {name: x.shape[1:] for name, x in X.items()}
        network = CroSSLNetwork(shapes, TCNEncoder(), SetAggregator())
        return network, nn.Linear(network.aggregator.embedding_size, n_classes)

    def _train(self, network, layer, X: Windows, target: torch.Tensor) -> None:
        n_batches = -(-len(target) // BATCH_SIZE)
        epochs = max(EPOCHS, -(-self.least_steps // n_batches))
        parameters = [*network.parameters(), *layer.parameters()]
        optimizer = torch.optim.AdamW(parameters, fused=True)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 1e-3, total_steps=epochs * n_batches
        )
        for _ in range(epochs):
            for rows in torch.randperm(len(target)).tensor_split(n_batches):
                _, z = network.embed_batch(self._batch(X, rows.numpy()))
                loss = nn.functional.cross_entropy(layer(z), target[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()

    def _batch(self, X: Windows, rows: np.ndarray) -> Batch:
        X = select(X, rows)
        inputs, places, observed = {}, {}, []
        for name, x in X.items():
            mean, scale = self.moments[name]
            has = ~np.isnan(x).all(axis=(1, 2))
            inputs[name] = torch.from_numpy(((x[has] - mean) / scale).astype(np.float32))
            places[name] = None if has.all() else torch.from_numpy(has.nonzero()[0])
            observed.append(torch.from_numpy(has))
        return Batch(inputs, places, dict.fromkeys(X), torch.stack(observed, dim=1))
