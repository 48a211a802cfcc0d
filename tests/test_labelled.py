"""Labelled windows, their views and their batches."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl._batches import WindowDataset
from sklearn_crossl._labelled import (
    LabelledBatches,
    LabelledWindows,
    Views,
    make_views,
)
from sklearn_crossl._network import CroSSLNetwork
from sklearn_crossl._sources import InMemory
from sklearn_crossl.aggregators import SetAggregator
from sklearn_crossl.encoders import TCNEncoder

CPU = torch.device("cpu")
SHAPES = {"acc": (2, 16), "gyro": (2, 16), "pulse": (1, 24)}


def build(summary_size):
    encoder = TCNEncoder(widths=(4,), kernel_sizes=(3,))
    return CroSSLNetwork(SHAPES, encoder, SetAggregator(16), summary_size=summary_size)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = build(summary_size=5).eval()
    with torch.no_grad():
        for buffer in network.summary.buffers():  # a summary that says something
            if buffer.is_floating_point():
                buffer.copy_(torch.rand_like(buffer))
    return network


def make(observed, seed=0):
    rng = np.random.default_rng(seed)
    data = {
        name: rng.normal(size=(len(observed), *shape)).astype("f4")
        for name, shape in SHAPES.items()
    }
    for index, x in enumerate(data.values()):
        x[~observed[:, index]] = np.nan
    sources = {name: InMemory(x) for name, x in data.items()}
    return WindowDataset(sources, observed, np.zeros_like(observed))


@st.composite
def some_observed(draw):
    row = st.lists(st.booleans(), min_size=3, max_size=3).filter(any)
    return np.array(draw(st.lists(row, min_size=1, max_size=12)))


@settings(deadline=None, max_examples=30)
@given(some_observed(), st.sampled_from([0.3, 0.9, (0.1, 0.9), [0.0, 0.5]]))
def test_every_view_keeps_some_of_what_is_observed(network, observed, ratio):
    keep, _, codes, _ = make_views(network, make(observed), ratio, CPU)
    assert keep.shape == (5, *observed.shape)
    np.testing.assert_array_equal(keep[0], observed)
    assert keep.any(-1).all()
    assert not (keep & ~torch.from_numpy(observed)).any()
    assert codes.shape[:2] == observed.shape
    assert not codes[~torch.from_numpy(observed)].any()


def test_views_differ_between_blocks():
    """Sensors are dropped in blocks of windows, not in the whole view."""
    observed = np.ones((300, 3), dtype=bool)
    torch.manual_seed(0)
    keep, summaries, _, features = make_views(
        build(summary_size=0), make(observed), 0.5, CPU
    )
    assert summaries is None
    assert features is None
    assert len(keep[1:].flatten(0, 1).unique(dim=0)) > 2


@pytest.mark.parametrize("ratio", [0, 0.0, (0.0, 0.0)])
def test_without_modality_dropout_there_is_one_view(network, ratio):
    observed = np.ones((4, 3), dtype=bool)
    keep, summaries, _, _ = make_views(network, make(observed), ratio, CPU)
    assert keep.shape == (1, 4, 3)
    assert summaries.shape == (1, 4, 5)


def test_summaries_are_those_of_the_windows_by_themselves(network):
    rng = np.random.default_rng(0)
    observed = rng.random((150, 3)) < 0.7
    observed[:, 0] |= ~observed.any(1)
    windows = make(observed)
    torch.manual_seed(0)
    keep, summaries, codes, features = make_views(network, windows, (0.1, 0.9), CPU)
    for row in range(0, 150, 7):
        batch = windows.batch(np.array([row]))
        with torch.no_grad():
            padded = batch.padded(1)
            of_row = network.features(padded)
            modalities = network.by_modality(batch, padded, of_row)
            for view in range(5):
                _, joint = network.fuse(modalities, keep[view, [row]])
                torch.testing.assert_close(
                    summaries[view, row], joint[0, -5:], rtol=1e-3, atol=1e-4
                )
        torch.testing.assert_close(codes[row], modalities.codes[0], rtol=1e-3, atol=1e-4)
        expected = as_expected(network.summary, modalities, of_row, observed[row])
        torch.testing.assert_close(features[row], expected.half(), rtol=1e-2, atol=1e-2)


def as_expected(summary, modalities, features, observed):
    """The features of one window, and what its components say of those it lacks."""
    seen = torch.from_numpy(observed)[None]
    components = summary.pca.components(modalities.projections, seen)[0]
    parts = list(features[0].split(summary.pca.sizes))
    axes = summary.pca.axes.split(summary.pca.sizes)
    for index, has in enumerate(observed):
        if not has:
            parts[index] = axes[index] @ components
    return torch.cat(parts)


def labelled(rows, n=20):
    observed = np.ones((n, 3), dtype=bool)
    keep = torch.ones(3, n, 3, dtype=torch.bool)
    keep[1, :, 0] = keep[2, :, 1] = False
    summaries = torch.arange(3 * n).reshape(3, n, 1).float()
    numbers = np.arange(n, dtype=np.float32)
    features = torch.arange(n).reshape(n, 1).half()
    codes = torch.arange(n).reshape(n, 1, 1).expand(n, 3, 4).float()
    views = Views(keep, summaries, codes, features)
    return LabelledWindows(make(observed), views, numbers, 100 * numbers, rows)


@pytest.mark.parametrize("training", [False, True])
def test_every_window_once_with_what_is_its_own(training):
    rows = np.array([3, 17, 4, 11, 9, 0, 8])
    dataset = labelled(rows)
    torch.manual_seed(0)
    batches = [batch for batch, _ in LabelledBatches(dataset, 3, CPU, training)]
    assert len(batches) == len(LabelledBatches(dataset, 3, CPU, training)) == 3
    target = torch.cat([batch.target for batch in batches]).numpy()
    assert sorted(target) == sorted(rows)
    assert (list(target) == list(rows)) is not training
    for batch in batches:
        of_batch = batch.target.long()
        np.testing.assert_array_equal(batch.weight, 100 * batch.target)
        np.testing.assert_array_equal(batch.codes[:, 0, 0], batch.target)
        assert (batch.features is None) == training
        if not training:
            np.testing.assert_array_equal(batch.features[:, 0], batch.target)
        expected = dataset.windows.data["pulse"].values[of_batch]
        np.testing.assert_array_equal(batch.windows().inputs["pulse"], expected)
        views, of_window = np.divmod(batch.summaries[..., 0].long().numpy(), 20)
        np.testing.assert_array_equal(of_window, np.tile(of_batch, (1 + training, 1)))
        assert (views[0] == 0).all()
        assert set(views[1:].flat) <= {1, 2}
        hidden = (~batch.keep).int()
        np.testing.assert_array_equal(hidden[..., 0], views == 1)
        np.testing.assert_array_equal(hidden[..., 1], views == 2)


@pytest.mark.parametrize("ratio", [0.2, 0.6])
def test_the_share_that_is_dropped_is_the_ratio(ratio):
    torch.manual_seed(0)
    windows = make(np.ones((600, 3), dtype=bool))
    keep = make_views(build(summary_size=0), windows, ratio, CPU).keep
    assert 1 - float(keep[1:].float().mean()) == pytest.approx(ratio, abs=0.06)
