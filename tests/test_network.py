import numpy as np
import pytest
import torch
from conftest import make_windows
from torch import nn

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._batch import Batch
from sklearn_crossl._batches import WindowDataset
from sklearn_crossl._network import CroSSLNetwork, Masking
from sklearn_crossl._sources import InMemory, Unequal
from sklearn_crossl._windows import Windows
from sklearn_crossl.aggregators import AGGREGATORS, SetAggregator
from sklearn_crossl.encoders import ENCODERS, ModuleEncoder, TCNEncoder
from sklearn_crossl.masking import MASKINGS, step_weights
from sklearn_crossl.objectives import OBJECTIVES, ModuleObjective, VICReg

SHAPES = {"acc": (3, 20), "gyro": (3, 20), "heart": (1, 20)}


def network(encoder=None, aggregator=None, objective=None, masking="spatial", n_views=2):
    torch.manual_seed(0)
    return CroSSLNetwork(
        SHAPES,
        encoder or TCNEncoder(),
        aggregator or SetAggregator(32),
        objective or VICReg(projector=(16, 16)),
        Masking(masking, (0.1, 0.9), n_views),
    )


def dataset(missing=True, n_windows=12):
    rng = np.random.default_rng(0)
    data = {
        name: rng.normal(size=(n_windows, *shape)).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    observed = np.ones((n_windows, len(SHAPES)), dtype=bool)
    if missing:
        observed[:3, 0] = observed[2:5, 1] = observed[4:9, 2] = False
        for index, x in enumerate(data.values()):
            x[~observed[:, index]] = np.nan
    return dataset_of(data, observed)


def dataset_of(data, observed):
    sources = {name: InMemory(x) for name, x in data.items()}
    return WindowDataset(sources, observed, np.zeros_like(observed))


def whole(data) -> Batch:
    return data.batch(np.arange(len(data)))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("masking", MASKINGS)
@pytest.mark.parametrize("n_views", [2, 3])
def test_a_step_reaches_every_weight_with_finite_gradients(masking, missing, n_views):
    net = network(masking=masking, n_views=n_views)
    terms = net(whole(dataset(missing)))
    assert set(terms) == {"loss", "invariance", "variance", "covariance"}
    terms["loss"].backward()
    for name, parameter in net.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        if not name.startswith("objective") and "bias" not in name:
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("encoder", sorted(ENCODERS))
@pytest.mark.parametrize("aggregator", sorted(AGGREGATORS))
@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_every_combination_of_stages_learns(encoder, aggregator, objective):
    net = network(ENCODERS[encoder](), AGGREGATORS[aggregator](), OBJECTIVES[objective]())
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = net(whole(dataset()))["loss"]
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_missing_modalities_are_never_encoded():
    batch = whole(dataset())
    assert [len(x) for x in batch.inputs.values()] == [9, 9, 7]
    embedding, _, codes = network().eval().embed(batch, 12)
    assert torch.isfinite(embedding).all()
    assert (codes[~batch.observed] == 0).all()
    assert (codes[batch.observed].abs().sum(-1) > 0).all()


def test_views_share_one_encoder_pass(monkeypatch):
    net = network(n_views=5)
    calls = []
    encode = net.encode
    monkeypatch.setattr(net, "encode", lambda batch: calls.append(1) or encode(batch))
    net(whole(dataset(missing=False)))
    assert len(calls) == 1


def groups(net, batch):
    return [latent.names for latent in net.encode(batch)]


def test_complete_modalities_of_equal_shape_are_encoded_together():
    data = dataset(missing=False)
    assert groups(network(), whole(data)) == [["acc", "gyro"], ["heart"]]
    apart = [["acc"], ["gyro"], ["heart"]]
    assert groups(network(TCNEncoder(activation="prelu")), whole(data)) == apart
    assert groups(network(TCNEncoder(affine=True)), whole(data)) == apart
    assert groups(network(), whole(dataset(missing=True))) == apart
    gaps = whole(data)
    gaps.present["gyro"] = torch.ones_like(gaps.inputs["gyro"], dtype=torch.bool)
    assert groups(network(), gaps) == apart


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(
    "masking", ["spatial", "random"]
)  # temporal draws for each group
def test_encoding_together_changes_nothing(masking, shared):
    batch, results = whole(dataset(missing=False)), []
    for together in (True, False):
        net = network(TCNEncoder(shared=shared), masking=masking, n_views=3)
        if not together:
            for module in net.encoders.values():
                module.kind = None
        torch.manual_seed(1)
        loss = net(batch)["loss"]
        loss.backward()
        results.append((loss.detach(), [p.grad for p in net.parameters()]))
    torch.testing.assert_close(*results, atol=1e-4, rtol=1e-3)


def one_modality(n_timepoints=20):
    shapes = {"acc": (3, n_timepoints)}
    net = CroSSLNetwork(shapes, TCNEncoder(), SetAggregator(), VICReg())
    x = np.random.default_rng(0).normal(size=(8, 3, n_timepoints)).astype(np.float32)
    return net, whole(dataset_of({"acc": x}, np.ones((8, 1), dtype=bool)))


def test_a_single_modality_is_masked_by_steps():
    net, batch = one_modality()
    codes, keep = net.mask(net.encode(batch), batch)
    assert keep.all()
    assert codes.shape == (2, 8, 1, net.code_size)
    assert not torch.equal(codes[0], codes[1])
    assert float(net(batch)["invariance"].detach()) > 0


def test_windows_that_have_the_same_single_modality_are_masked_by_steps():
    net = network(masking="spatial")
    data = dataset(missing=False)
    data.observed[:, [0, 2]] = False
    batch = whole(data)
    codes, keep = net.mask(net.encode(batch), batch)
    assert torch.equal(keep[..., 0], batch.observed.expand(2, 12, 3))
    assert not torch.equal(codes[0, :, 1], codes[1, :, 1])
    assert (codes[:, :, [0, 2]] == 0).all()


def test_single_modalities_beside_others_are_masked_by_steps():
    net = network(masking="spatial")
    data = dataset(missing=False)
    data.observed[:4] = [True, False, False]
    data.observed[4:8] = [False, True, False]
    batch = whole(data)
    codes, keep = net.mask(net.encode(batch), batch)
    for rows, index in (slice(0, 4), 0), (slice(4, 8), 1):
        assert keep[:, rows, index].all()
        assert not torch.equal(codes[0, rows, index], codes[1, rows, index])
    assert torch.equal(codes[0, 8:], codes[1, 8:])  # these have sensors to hide
    assert not torch.equal(keep[0, 8:], keep[1, 8:])


def test_a_single_step_of_a_single_modality_is_masked_by_units():
    net, batch = one_modality(n_timepoints=1)
    codes, keep = net.mask(net.encode(batch), batch)
    assert torch.equal(codes[0], codes[1])
    assert keep.shape == (2, 8, 1, net.code_size)
    assert not torch.equal(keep[0], keep[1])


def test_a_single_step_beside_sequences_is_masked_by_units():
    shapes = {"acc": (3, 32), "heart": (1, 1)}
    masking = Masking("temporal", 0.5, 2)
    net = CroSSLNetwork(shapes, TCNEncoder(), SetAggregator(), VICReg(), masking)
    rng = np.random.default_rng(0)
    data = {n: rng.normal(size=(8, *s)).astype(np.float32) for n, s in shapes.items()}
    batch = whole(dataset_of(data, np.ones((8, 2), dtype=bool)))
    codes, keep = net.mask(net.encode(batch), batch)
    assert keep.shape == (2, 8, 2, net.code_size)
    assert keep[:, :, 0].all()
    assert not torch.equal(codes[0, :, 0], codes[1, :, 0])
    assert torch.equal(codes[0, :, 1], codes[1, :, 1])
    assert 0.4 < keep[:, :, 1].float().mean() < 0.6


def test_long_windows_of_other_strides_are_not_encoded_together():
    shapes = {"acc": (1, 4096), "gyro": (1, 1000), "mag": (1, 1000)}
    net = CroSSLNetwork(shapes, TCNEncoder(), SetAggregator()).eval()
    rng = np.random.default_rng(0)
    data = {n: rng.normal(size=(4, 1, 512)).astype(np.float32) for n in shapes}
    batch = whole(dataset_of(data, np.ones((4, 3), dtype=bool)))
    assert groups(net, batch) == [["acc"], ["gyro", "mag"]]


def test_temporal_masks_act_before_pooling():
    net = network(masking="temporal", n_views=3)
    batch = whole(dataset())
    codes, keep = net.mask(net.encode(batch), batch)
    assert codes.shape == (3, 12, 3, net.code_size)
    assert keep.shape == (12, 3, 1)
    assert not torch.equal(codes[0], codes[1])


def test_a_single_latent_step_is_masked_by_units():
    shapes = {"acc": (3, 1), "heart": (1, 1)}
    masking = Masking("temporal", 0.5, 2)
    net = CroSSLNetwork(shapes, TCNEncoder(), SetAggregator(), VICReg(), masking)
    data = {
        name: np.zeros((8, *shape), dtype=np.float32) for name, shape in shapes.items()
    }
    batch = whole(dataset_of(data, np.ones((8, 2), dtype=bool)))
    _, keep = net.mask(net.encode(batch), batch)
    assert keep.shape == (2, 8, 2, net.code_size)
    assert not torch.equal(keep[0], keep[1])


def test_modalities_of_the_same_shape_have_weights_of_their_own():
    net = network()
    first, second = (net.module(name).layers[0].conv.weight for name in ("acc", "gyro"))
    assert not torch.equal(first, second)


def test_shared_encoders():
    net = network(TCNEncoder(shared=True))
    assert net.module("acc") is net.module("gyro")
    assert net.module("acc") is not net.module("heart")
    assert len(net.encoders) == 2


def test_names_may_hold_any_character():
    X = make_windows(8)[0]

    def embedded(*names):
        windows = dict(zip(names, (X[:, :3], X[:, 3:]), strict=True))
        return CroSSLTransformer(max_epochs=1, random_state=0).fit_transform(windows)

    plain = embedded("a", "b")
    np.testing.assert_array_equal(embedded("left.wrist acc", "µS / 10°"), plain)


def test_encoders_of_different_width_are_refused():
    class Uneven(nn.Module):
        def __init__(self, n_channels):
            super().__init__()
            self.layer = nn.Conv1d(n_channels, 2 * n_channels, 5)

        def forward(self, x):
            return self.layer(x).mean(-1)

    with pytest.raises(ValueError, match="'acc': 6, 'gyro': 6, 'heart': 2"):
        network(ModuleEncoder(Uneven))


def test_steps_weigh_by_what_is_present_under_temporal_masks():
    sequence, coverage = torch.randn(5, 1, 8, 4), 0.1 + torch.rand(5, 1, 8)
    weights = step_weights(sequence, coverage, torch.tensor([0.0, 0.5]))
    torch.testing.assert_close(weights[0], coverage)
    seen = weights[1] > 0
    assert (seen.sum(-1) == 4).all()
    torch.testing.assert_close(weights[1], coverage * seen)


class Told(nn.Module):
    latents: list = []

    def __init__(self, embedding_size):
        super().__init__()

    def forward(self, latents):
        Told.latents.append(latents)
        return latents.views.square().mean()


def test_an_objective_is_told_what_windows_hold_and_where_they_end():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(1, n)).astype(np.float32) for n in (5, 8, 6, 0)]
    y = rng.normal(size=(4, 2, 9)).astype(np.float32)
    windows = Windows.of({"a": Unequal(x, 1), "b": InMemory(y)})
    batch = whole(WindowDataset(windows.data, windows.observed, windows.incomplete))
    shapes, objective = {"a": (1, 8), "b": (2, 9)}, ModuleObjective(Told)
    Told.latents.clear()
    CroSSLNetwork(shapes, TCNEncoder(), SetAggregator(4), objective)(batch)
    (given,) = Told.latents
    assert torch.equal(given.observed, batch.observed)
    assert given.lengths[0].tolist() == [5, 8, 6, 0]
    assert given.lengths[1] is None
    np.testing.assert_array_equal(given.inputs[1], y)
    np.testing.assert_array_equal(given.inputs[0][0, :, :5], x[0])
    assert not given.inputs[0][3].any()
