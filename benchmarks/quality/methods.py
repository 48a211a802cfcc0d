"""The methods: each turns windows into vectors for a linear model, or is a classifier.

Every method gets the same windows, standardised by channel over the training subjects.
Only ours sees missing values as missing; for the others they are at the mean. All get the
subject of each window, and those named "subjects" use it. Methods that turn windows into
vectors list the linear models, of :data:`~.heads.HEADS`, that learn from labels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA

from sklearn_crossl import CroSSLClassifier, CroSSLRegressor, CroSSLTransformer
from sklearn_crossl._summary.statistics import distribution, spectrum
from sklearn_crossl.objectives import VICReg

from ..shared import UNTRAINED
from .aeon_network import AeonNetwork
from .heads import SELF_TRAINING
from .recordings import Windows, channel_moments, standardize
from .supervised import SupervisedNetwork

# Random weights need larger steps than pretrained ones.
FROM_SCRATCH: dict[str, Any] = {"pretrain": False, "lr": 1e-3, "head_lr": 1e-2}


@contextmanager
def _threads_kept() -> Iterator[None]:
    """Restore torch's number of threads, which aeon's ``n_jobs`` changes globally."""
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


class Standardized(ABC):
    """Features of standardised windows without gaps."""

    heads = ("logistic",)

    def fit(self, X: Windows, seed: int, subject: np.ndarray | None = None) -> None:
        """Learn from windows without labels."""
        self.moments = channel_moments(X)
        with _threads_kept():
            self.learn(standardize(X, self.moments), seed)

    def transform(self, X: Windows) -> np.ndarray:
        """Map windows to features."""
        with _threads_kept():
            return self.features(standardize(X, self.moments))

    def learn(self, X: Windows, seed: int) -> None:  # noqa: B027
        """Learn from standardised windows; nothing by default."""

    @abstractmethod
    def features(self, X: Windows) -> np.ndarray:
        """Map standardised windows to features."""


class Ours:
    """CroSSLTransformer, which standardises by itself."""

    heads: tuple[str, ...] = ("logistic", "ridge")

    def __init__(self, by_subject: bool = False, **params: object):
        self.by_subject = by_subject
        if by_subject:
            self.heads = (*self.heads, SELF_TRAINING)
        self.params = params

    def fit(self, X: Windows, seed: int, subject: np.ndarray | None = None) -> None:
        """Pretrain."""
        groups = subject if self.by_subject else None
        embedder = CroSSLTransformer(random_state=seed, **self.params)
        self.embedder = embedder.fit(X, groups=groups)

    def transform(self, X: Windows) -> np.ndarray:
        """Embed."""
        return self.embedder.transform(X)


class Published(Ours):
    """The configuration of the CroSSL paper's code."""

    heads = ("logistic",)

    def fit(self, X: Windows, seed: int, subject: np.ndarray | None = None) -> None:
        """Pretrain."""
        params = {"random_state": seed, **self.params}
        self.embedder = CroSSLTransformer.from_paper(**params).fit(X)


class FineTuned:
    """A fine-tuned network, pretrained once a split, or trained by labels alone."""

    heads = ("network",)

    def __init__(
        self,
        estimator: type[CroSSLClassifier | CroSSLRegressor] = CroSSLClassifier,
        transformer: CroSSLTransformer | None = None,
        by_subject: bool = False,
        **params: object,
    ):
        self.estimator = estimator
        self.transformer = transformer or CroSSLTransformer()
        self.by_subject = by_subject
        self.params = params

    def fit(self, X: Windows, seed: int, subject: np.ndarray | None = None) -> None:
        """Pretrain, unless training is from scratch."""
        transformer = clone(self.transformer).set_params(random_state=seed)
        self.fixed = {"transformer": transformer, "random_state": seed, **self.params}
        if self.params.get("pretrain", True):
            groups = subject if self.by_subject else None
            self.fixed["pretrained"] = transformer.fit(X, groups=groups)

    def train(self, X: Windows, y: np.ndarray):
        """Fine-tune on labelled windows; returns what maps windows to targets."""
        return self.estimator(**self.fixed).fit(X, y)


class Statistics(Standardized):
    """Distribution and spectrum of each channel, the same as the summary's."""

    heads = ("logistic", SELF_TRAINING)

    def features(self, X: Windows) -> np.ndarray:
        """Compute them."""
        columns = []
        for values in X.values():
            x = torch.from_numpy(values)
            columns += [distribution(x), spectrum(x, x.shape[-1])]
        return torch.cat(columns, dim=1).numpy()


class Features(Standardized):
    """All features that the summary compresses, as they are."""

    heads = ("ridge",)
    n_rows = 256  # of a pass

    def learn(self, X: Windows, seed: int) -> None:
        """Take the convolutions' biases from the training windows."""
        embedder = CroSSLTransformer(random_state=seed)._initialize(X)
        self.summary = embedder._fitted_network().summary

    def features(self, X: Windows) -> np.ndarray:
        """Compute the features of all modalities."""
        values = [torch.from_numpy(x).split(self.n_rows) for x in X.values()]
        parts = []
        for rows in zip(*values, strict=True):
            raw = [self.summary.raw(i, x, None) for i, x in enumerate(rows)]
            complete = torch.ones(len(raw[0]), len(raw), dtype=torch.bool)
            parts.append(self.summary.join(raw, complete))
        return torch.cat(parts).numpy()


class Catch22(Standardized):
    """The 22 canonical features of each channel."""

    def features(self, X: Windows) -> np.ndarray:
        """Compute them by aeon."""
        from aeon.transformations.collection.feature_based import Catch22 as Features

        transformer = Features(replace_nans=True, n_jobs=2)
        columns = [transformer.fit_transform(x.astype(float)) for x in X.values()]
        return np.nan_to_num(np.hstack(columns))


class Components(Standardized):
    """Principal components of the values, 256 at most."""

    def learn(self, X: Windows, seed: int) -> None:
        """Find them."""
        flat = self._flat(X)
        self.pca = PCA(min(256, *flat.shape), random_state=seed).fit(flat)

    def features(self, X: Windows) -> np.ndarray:
        """Project on them."""
        return self.pca.transform(self._flat(X))

    def _flat(self, X: Windows) -> np.ndarray:
        return np.hstack([x.reshape(len(x), -1) for x in X.values()])


class Rocket(Standardized):
    """Random convolutions by aeon, over all channels of equal length at once."""

    heads = ("ridge",)
    n_kernels = 10_000

    def learn(self, X: Windows, seed: int) -> None:
        """Take the biases from the training windows."""
        groups = self._groups(X)
        n_kernels = self.n_kernels // len(groups)
        self.parts = [self._make(n_kernels, seed, x) for x in groups]

    def features(self, X: Windows) -> np.ndarray:
        """Compute the features of each group of channels."""
        pairs = zip(self.parts, self._groups(X), strict=True)
        return np.hstack([np.asarray(part.transform(x)) for part, x in pairs])

    def _groups(self, X: Windows) -> list[np.ndarray]:
        lengths = sorted({x.shape[2] for x in X.values()})
        return [
            np.hstack([x for x in X.values() if x.shape[2] == length])
            for length in lengths
        ]

    def _make(self, n_kernels: int, seed: int, x: np.ndarray):
        from aeon.transformations.collection.convolution_based import MiniRocket

        return MiniRocket(n_kernels, n_jobs=2, random_state=seed).fit(x)


class MultiRocketHydra(Rocket):
    """MultiRocket's and Hydra's features, as their joint classifier has them."""

    n_kernels = 6250

    def _make(self, n_kernels: int, seed: int, x: np.ndarray):
        from aeon.transformations.collection.convolution_based import (
            HydraTransformer,
            MultiRocket,
        )
        from sklearn.pipeline import make_union

        multi = MultiRocket(n_kernels, n_jobs=2, random_state=seed)
        hydra = HydraTransformer(n_jobs=2, random_state=seed, output_type="numpy")
        return make_union(multi, hydra).fit(x)


METHODS: dict[str, Any] = {
    "CroSSLTransformer": Ours(),
    "CroSSLTransformer, subjects": Ours(by_subject=True),
    "CroSSLClassifier": FineTuned(),
    "CroSSLClassifier, subjects": FineTuned(by_subject=True),
    "CroSSLClassifier, frozen": FineTuned(freeze="all"),
    "CroSSLClassifier, from scratch": FineTuned(**FROM_SCRATCH),
    "untrained": Ours(summary_size=0, output="global", **UNTRAINED),
    "CroSSLTransformer, learnt alone": Ours(summary_size=0, output="global"),
    "CroSSLTransformer, learnt alone, reconstruction": Ours(
        summary_size=0, output="global", objective=VICReg(reconstruction=30.0)
    ),
    "CroSSLTransformer, InfoNCE": Ours(objective="infonce"),
    "CroSSLTransformer, untrained": Ours(**UNTRAINED),
    "published": Published(),
    "published, codes": Published(output="modalities"),
    "statistics": Statistics(),
    "features": Features(),
    "catch22": Catch22(),
    "PCA": Components(),
    "MiniRocket": Rocket(),
    "MultiRocketHydra": MultiRocketHydra(),
    "supervised network": SupervisedNetwork(),
}
if find_spec("tensorflow") is not None:
    METHODS["LITEMV"] = AeonNetwork()
