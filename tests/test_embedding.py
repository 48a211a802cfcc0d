"""From fitted weights to embeddings: the rows of a pass, and want of memory."""

import sys

import numpy as np
import pytest
import torch
from conftest import make_windows

from sklearn_crossl import CroSSLTransformer, _embedding
from sklearn_crossl._embedding import _rows_of_a_pass
from sklearn_crossl._network import CroSSLNetwork
from sklearn_crossl._sources import InMemory

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def fitted():
    X, _ = make_windows(300)
    embedder = CroSSLTransformer(
        {"acc": slice(0, 3), "pulse": 3}, max_epochs=1, random_state=0
    )
    return embedder.fit(X), X


def limit(monkeypatch, most, error):
    """Let the network fail on more rows than ``most``; return the sizes of all passes."""
    embed, sizes = CroSSLNetwork.embed, []

    def limited(self, batch, n_rows, summarize):
        sizes.append(n_rows)
        if n_rows > most:
            raise error
        return embed(self, batch, n_rows, summarize)

    monkeypatch.setattr(CroSSLNetwork, "embed", limited)
    return sizes


@pytest.mark.parametrize("most", [1, 32, 50])
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_want_of_memory_halves_the_pass_and_goes_on(fitted, monkeypatch, most, error):
    embedder, X = fitted
    expected = embedder.transform(X)
    sizes = limit(monkeypatch, most, error)
    np.testing.assert_allclose(embedder.transform(X), expected, rtol=1e-4, atol=1e-5)
    assert sizes[0] == 128
    smallest = 2 ** int(np.log2(most))
    assert sizes.count(64) == 1  # tried once: what fits is remembered
    assert sizes.count(smallest) == -(-len(X) // smallest)


class Flat(torch.nn.Module):
    """A user's network that cannot encode nothing: -1 is ambiguous then."""

    def __init__(self, n_channels):
        super().__init__()
        self.linear = torch.nn.Linear(32 * n_channels, 6)

    def forward(self, x):
        return self.linear(x.reshape(len(x), -1))


def test_a_modality_that_no_window_has_is_not_encoded():
    X, _ = make_windows(20)
    modalities = {"acc": slice(0, 2), "pulse": slice(2, 4)}
    embedder = CroSSLTransformer(modalities, encoder=Flat, max_epochs=1).fit(X)
    X[:, 2:] = np.nan
    assert np.isfinite(embedder.transform(X)).all()


def test_a_window_that_does_not_fit_raises(fitted, monkeypatch):
    embedder, X = fitted
    limit(monkeypatch, 0, torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(torch.OutOfMemoryError):
        embedder.transform(X)


def test_other_errors_are_raised_at_once(fitted, monkeypatch):
    embedder, X = fitted
    sizes = limit(monkeypatch, 0, RuntimeError("not a matter of memory"))
    with pytest.raises(RuntimeError, match="not a matter of memory"):
        embedder.transform(X)
    assert sizes == [128]


def test_a_failed_pass_is_forgotten_before_memory_is_released(fitted, monkeypatch):
    embedder, X = fitted
    held = []

    class FullError(MemoryError):
        pass

    def release(device):
        held.append(isinstance(sys.exc_info()[1], FullError))

    monkeypatch.setattr(_embedding, "release_memory", release)
    limit(monkeypatch, 64, FullError())
    embedder.transform(X)
    assert held == [False]


@pytest.mark.parametrize(
    ("shape", "n_rows"), [((1, 8), 128), ((8, 3000), 8), ((64, 10_000), 1)]
)
def test_long_windows_have_fewer_rows_in_a_pass(shape, n_rows):
    data = {"eeg": InMemory(np.zeros((2, *shape), np.float32))}
    assert _rows_of_a_pass(data, 0, CPU) == n_rows


def test_an_accelerator_takes_more_rows(monkeypatch):
    class Properties:
        total_memory = 2**34

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: Properties)
    data = {"acc": InMemory(np.zeros((2, 3, 128), np.float32))}
    assert _rows_of_a_pass(data, 0, torch.device("cuda")) == 4096
    monkeypatch.setattr(_embedding, "_GROWTH", 2**12)
    assert _rows_of_a_pass(data, 0, torch.device("cuda")) == 256


def test_a_long_window_does_not_change_how_short_ones_are_embedded():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(2, n)) for n in (64, 100, 120, 70, 20_000, 90)]
    model = CroSSLTransformer([1, 1], max_epochs=1, summary_size=0, random_state=0)
    Z = model.fit(X[:4]).transform(X)
    for i, window in enumerate(X):
        np.testing.assert_array_equal(model.transform([window]), Z[i : i + 1])


def test_windows_with_gaps_of_all_kinds_share_passes(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5, 32)).astype(np.float32)
    for channel in range(5):
        X[rng.random(60) < 0.5, channel, 4:9] = np.nan  # 32 patterns
    model = CroSSLTransformer(max_epochs=1, random_state=0).fit(X)
    sizes = limit(monkeypatch, 128, None)
    Z = model.transform(X)
    assert len(sizes) == 2  # windows with gaps, and without
    monkeypatch.undo()
    order = rng.permutation(60)
    np.testing.assert_array_equal(model.transform(X[order]), Z[order])
    alone = np.vstack([model.transform(x[None]) for x in X[:10]])
    np.testing.assert_array_equal(alone, Z[:10])
