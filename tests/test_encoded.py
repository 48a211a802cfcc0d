"""Windows encoded once: any subset gives what transform gives without the rest."""

import numpy as np
import pytest
from conftest import make_windows

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl._encoded import EncodedWindows

CHANNELS = {"acc": slice(0, 3), "pulse": slice(3, 4), "clock": slice(4, 5)}


def three_modalities(seed):
    X, y = make_windows(60, seed=seed)
    X = np.concatenate([X, X[:, :1] ** 2], axis=1)
    X[:5, 3:] = np.nan
    X[5:9, :3] = np.nan
    return X, y


def without(X, seen):
    X = X.copy()
    for channels, has in zip(CHANNELS.values(), seen, strict=True):
        if not has:
            X[:, channels] = np.nan
    return X


@pytest.fixture(scope="module")
def classifier():
    X, y = three_modalities(0)
    transformer = CroSSLTransformer(CHANNELS, max_epochs=1, summary_size=32)
    return CroSSLClassifier(transformer, max_epochs=3, random_state=0).fit(X, y)


@pytest.mark.parametrize("seen", [[1, 1, 1], [1, 0, 0], [0, 1, 1], [0, 0, 1]])
@pytest.mark.parametrize("output", ["joint", "global", "modalities", "all", "logits"])
def test_a_subset_is_what_transform_gives_without_the_rest(classifier, output, seen):
    X, _ = three_modalities(1)
    seen = np.array(seen, dtype=bool)
    estimator, call = classifier, classifier._outputs
    if output != "logits":
        estimator = classifier.transformer_.set_params(output=output)
        call = estimator.transform
    Z = EncodedWindows.of(estimator, X).fuse(seen)
    X = without(X, seen)
    some = ~np.isnan(X).all(axis=(1, 2))
    np.testing.assert_allclose(Z[some], call(X[some]), rtol=1e-4, atol=1e-5)
    whole = call(three_modalities(1)[0]).mean(axis=0)  # stands for what knows nothing
    np.testing.assert_allclose(
        Z[~some], np.tile(whole, (np.sum(~some), 1)), rtol=1e-4, atol=1e-5
    )


def test_nothing_seen_is_the_mean(classifier):
    windows = EncodedWindows.of(classifier, three_modalities(1)[0])
    everything = windows.fuse(np.ones(3, dtype=bool))
    nothing = windows.fuse(np.zeros(3, dtype=bool))
    np.testing.assert_allclose(nothing, np.tile(everything.mean(0), (60, 1)), rtol=1e-5)


def test_permuting_a_modality_is_permuting_its_channels(classifier):
    X, _ = three_modalities(1)
    order = np.random.default_rng(0).permutation(60)
    windows = EncodedWindows.of(classifier, X)
    before = windows.fuse(np.ones(3, dtype=bool))
    mixed = windows.permuted(0, order).fuse(np.ones(3, dtype=bool))
    X[:, :3] = X[order, :3]
    some = ~np.isnan(X).all(axis=(1, 2))
    expected = classifier._outputs(X[some])
    np.testing.assert_allclose(mixed[some], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(windows.fuse(np.ones(3, dtype=bool)), before)


def test_the_mean_is_computed_once(classifier, monkeypatch):
    windows, fused = EncodedWindows.of(classifier, three_modalities(1)[0]), []
    fuse = EncodedWindows._fuse

    def spy(self, keep, rows):
        fused.append(len(rows))
        return fuse(self, keep, rows)

    monkeypatch.setattr(EncodedWindows, "_fuse", spy)
    for seen in ([1, 0, 0], [0, 1, 0], [0, 1, 1]):
        windows.fuse(np.array(seen, dtype=bool))
    assert fused.count(60) == 1
    assert len(fused) == 4
    shuffled = windows.permuted(0, np.arange(60)[::-1].copy())
    shuffled.fuse(np.zeros(3, dtype=bool))
    assert fused.count(60) == 2  # it has means of its own
