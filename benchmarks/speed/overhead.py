"""The whole estimator: overhead over a bare loop, scaling, and memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._batch import Batch
from sklearn_crossl._batches import WindowDataset
from sklearn_crossl._memory import freed_memory_kept
from sklearn_crossl._pretraining_net import make_net
from sklearn_crossl._sources import InMemory

from ..out_of_core import peak
from .steps import Size, build, naive_step_of
from .timing import growth, in_turns, ratio, spread

N_WINDOWS = 8192  # about as many as HAPT has
EPOCHS = 5
REPEATS = 3


def overhead() -> dict[str, Any]:
    """Compare a bare loop, skorch's loop and ``fit`` on the same windows and network."""
    result = {}
    for size in (Size(), Size(modalities=2)):
        shape = (N_WINDOWS, size.channels * size.modalities, size.length)
        X = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        loops = {
            "bare": lambda size=size, X=X: bare_loop(size, X),
            "skorch": lambda size=size, X=X: skorch_loop(size, X),
            "fit": lambda size=size, X=X: fit(size, X),
        }
        seconds = in_turns(loops, REPEATS)
        result[str(tuple(size))] = {
            name: ratio(seconds[name], seconds["bare"]) for name in ("skorch", "fit")
        }
    return result


def bare_loop(size: Size, X: np.ndarray) -> None:
    """Train as plainly as PyTorch allows."""
    with freed_memory_kept():
        network = build(size)
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
        n_steps = EPOCHS * (N_WINDOWS // size.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, n_steps + 1)
        data = dict(zip(network.names, _modalities(size, X), strict=True))
        nothing = dict.fromkeys(data)
        observed = torch.ones(size.batch, size.modalities, dtype=torch.bool)
        for _ in range(EPOCHS):
            for rows in torch.randperm(N_WINDOWS).split(size.batch):
                inputs = {name: x[rows] for name, x in data.items()}
                optimizer.zero_grad()
                network(Batch(inputs, nothing, nothing, observed))["loss"].backward()
                optimizer.step()
                schedule.step()


def skorch_loop(size: Size, X: np.ndarray) -> None:
    """Train by the package's net, without the estimator around it."""
    network = build(size)
    parts = [x.numpy() for x in _modalities(size, X)]
    data = {n: InMemory(x) for n, x in zip(network.names, parts, strict=True)}
    observed = np.ones((N_WINDOWS, size.modalities), dtype=bool)
    dataset = WindowDataset(data, observed, ~observed)
    model = CroSSLTransformer(batch_size=size.batch, summary_size=0)
    net = make_net(network, dataset, **model._training_config(EPOCHS, "onecycle"))
    with freed_memory_kept():
        net.fit(dataset)


def fit(size: Size, X: np.ndarray) -> CroSSLTransformer:
    """Train by the estimator."""
    modalities = [size.channels] * size.modalities
    return CroSSLTransformer(
        modalities,
        max_epochs=EPOCHS,
        batch_size=size.batch,
        summary_size=0,
        random_state=0,
    ).fit(X)


def _modalities(size: Size, X: np.ndarray) -> list[torch.Tensor]:
    parts = np.split(X, size.modalities, axis=1)
    return [torch.from_numpy(np.ascontiguousarray(part)) for part in parts]


SERIES = {
    "windows": [Size(2, 3, 128, 128)] * 4,
    "modalities": [Size(m, 3, 128, 128) for m in (2, 4, 8, 16)],
    "length": [Size(2, 3, length, 128) for length in (128, 256, 512, 1024)],
}


def exponents() -> dict[str, Any]:
    """Fit one epoch on ever more windows, modalities and timepoints."""
    result = {}
    for name, sizes in SERIES.items():
        functions, grown = {}, []
        for index, size in enumerate(sizes):
            n_windows = 1024 * 2**index if name == "windows" else 1024
            shape = (n_windows, size.modalities * size.channels, size.length)
            X = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
            modalities = [size.channels] * size.modalities
            model = CroSSLTransformer(
                modalities, max_epochs=2, summary_size=0, random_state=0
            )
            functions[str(index)] = lambda model=model, X=X: model.fit(X)
            grown.append(n_windows if name == "windows" else getattr(size, name))
        seconds = [spread(s)["median"] for s in in_turns(functions, 3).values()]
        result[name] = {
            "sizes": grown,
            "seconds": seconds,
            "exponent": growth(grown, seconds),
        }
    return result


def grid_search() -> dict[str, Any]:
    """Search a small grid by one process and by two."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2048, 6, 128), dtype=np.float32)
    y = np.arange(len(X)) % 2
    model = CroSSLTransformer(
        [3, 3], max_epochs=4, batch_size=128, summary_size=0, random_state=0
    )
    pipeline = make_pipeline(model, LogisticRegression(max_iter=50))
    grid = {"crossltransformer__masking_ratio": [0.3, 0.5, 0.7, (0.1, 0.9)]}

    def search(n_jobs: int) -> None:
        GridSearchCV(pipeline, grid, cv=KFold(2), n_jobs=n_jobs, refit=False).fit(X, y)

    seconds = in_turns({"1": lambda: search(1), "2": lambda: search(2)}, 3)
    return {
        "speedup": ratio(seconds["1"], seconds["2"]),
        "seconds": {jobs: spread(s) for jobs, s in seconds.items()},
    }


def memory(kind: str) -> float:
    """Peak resident memory in MiB of a process that trains at batch 256 (Linux)."""
    size = Size()
    if kind == "naive":
        step = naive_step_of(size)
        for _ in range(5):
            step()
    elif kind == "fit":
        X = np.random.default_rng(0).standard_normal((1280, 18, 128), dtype=np.float32)
        CroSSLTransformer(
            [3] * 6, max_epochs=1, batch_size=256, summary_size=0, random_state=0
        ).fit(X)
    return peak() * 1e9 / 2**20
