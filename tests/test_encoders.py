import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._modality_encoders import build_encoders
from sklearn_crossl.encoders import ENCODERS, ImageEncoder, ModuleEncoder, TCNEncoder


@pytest.mark.parametrize("name", sorted(ENCODERS))
@pytest.mark.parametrize("n_timepoints", [1, 2, 7, 128])
def test_every_encoder_maps_windows_of_any_length_to_codes(name, n_timepoints):
    network = ENCODERS[name]().build(n_channels=3).eval()
    x = torch.randn(5, 3, n_timepoints)
    code = network(x)
    assert code.shape == (5, network.code_size)
    sequence, coverage = network.sequence(x)
    assert coverage is None
    assert sequence.shape[0] == 5
    torch.testing.assert_close(network.pool(sequence), code)
    assert network(x[:0]).shape == (0, network.code_size)


def literal_tcn(network, x, stride):
    """Layer by layer with Conv1d over (batch, channels, time)."""
    for layer in network.layers:
        x = literal_layer(layer, x, stride)
    return x.transpose(1, 2)


def literal_layer(layer, x, stride):
    conv = layer.conv
    x = torch.nn.functional.conv1d(
        x, conv.weight[:, :, 0], conv.bias, stride=stride, padding=conv.padding[1]
    )
    x = layer.norm(x.transpose(1, 2)).transpose(1, 2)
    slope = getattr(layer.activation, "weight", torch.zeros(1))  # one for each unit
    return torch.where(x > 0, x, slope[:, None] * x)


@pytest.mark.parametrize("params", [{}, {"affine": True, "activation": "prelu"}])
@pytest.mark.parametrize("stride", [1, 2])
def test_tcn_equals_its_literal_form(stride, params):
    torch.manual_seed(0)
    network = TCNEncoder(stride=stride, **params).build(3)
    for layer in network.layers if "activation" in params else []:
        torch.nn.init.uniform_(layer.activation.weight)
    x = torch.randn(4, 3, 50)
    torch.testing.assert_close(
        network.sequence(x)[0], literal_tcn(network, x, stride), atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize(("n_channels", "n_weights"), [(1, 56_544), (3, 57_696)])
def test_the_published_network_has_as_many_weights(n_channels, n_weights):
    network = CroSSLTransformer.from_paper().encoder.build(n_channels)
    assert sum(p.numel() for p in network.parameters()) == n_weights


@pytest.mark.parametrize(
    ("n_timepoints", "stride"), [(15, 2), (16, 2), (31, 2), (32, 4), (50, 4), (128, 16)]
)
def test_long_windows_are_convolved_and_averaged_literally(n_timepoints, stride):
    torch.manual_seed(0)
    network = TCNEncoder(long_window=16).build(3)
    network.measure((3, n_timepoints))
    first, *layers = (layer for layer in network.layers if hasattr(layer, "conv"))
    x = torch.randn(4, 3, n_timepoints)
    steps = literal_layer(first, x, stride)
    if n_timepoints >= 16:
        groups = steps.split(4, dim=-1)  # the last may be shorter
        steps = torch.stack([group.mean(-1) for group in groups], dim=-1)
    for layer in layers:
        steps = literal_layer(layer, steps, 2)
    torch.testing.assert_close(
        network.sequence(x)[0], steps.transpose(1, 2), atol=1e-5, rtol=1e-4
    )


def test_steps_are_averaged_with_what_is_present():
    network = TCNEncoder(widths=(2,), kernel_sizes=(1,), stride=1, long_window=8).build(1)
    network.measure((1, 10))
    present = torch.ones(1, 1, 10, dtype=torch.bool)
    present[0, 0, [1, 4, 5, 9]] = False  # the end: nine timepoints alone
    _, coverage = network.sequence(torch.zeros(1, 1, 10), present)
    assert coverage[0].tolist() == pytest.approx([0.75, 0.5, 1])


def test_windows_are_all_alike_without_a_long_one():
    network = TCNEncoder(long_window=None).build(1)
    network.measure((1, 10**6))
    assert [layer.conv.stride for layer in network.layers] == [(1, 2)] * 3


def test_shared_networks_are_those_of_the_longest_windows():
    shapes = {"slow": (1, 30), "fast": (1, 100), "other": (2, 30)}
    encoder = TCNEncoder(long_window=50, shared=True)
    owners, modules = build_encoders(shapes, encoder)
    assert owners == {"slow": "m0", "fast": "m0", "other": "m2"}
    strides = [modules[owner].layers[0].conv.stride for owner in ("m0", "m2")]
    assert strides == [(1, 4), (1, 2)]


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 5),
    st.integers(2, 4),
    st.sampled_from([(3, 50), (1, 7), (2, 1), (1, 9, 8), (3, 5, 12)]),
    st.integers(1, 3),
    st.sampled_from([(8, 5, 3), (1, 2, 7)]),
    st.sampled_from([None, 1, 20]),
)
def test_networks_encode_together_what_they_encode_apart(
    batch, n_modalities, shape, stride, kernel_sizes, long_window
):
    torch.manual_seed(0)
    encoder = TCNEncoder(
        widths=(4, 6, 8),
        kernel_sizes=kernel_sizes,
        stride=stride,
        long_window=long_window,
    )
    encoder = encoder.for_images() if len(shape) == 3 else encoder
    modules = [encoder.build(shape[0]) for _ in range(n_modalities)]
    for module in modules:
        module.measure(shape)
    assert len({module.kind for module in modules}) == 1
    inputs = [torch.randn(batch, *shape) for _ in modules]
    apart = [m.sequence(x)[0] for m, x in zip(modules, inputs, strict=True)]
    together = type(modules[0]).together(modules, inputs)
    torch.testing.assert_close(together, torch.stack(apart, 1), atol=1e-5, rtol=1e-4)


def literal_pool(x, weights):
    """Mean and maximum in torch's own operations, a copy of x for each view."""
    if weights is None:
        return torch.cat([x.mean(-2), x.amax(-2)], -1)
    shown = weights.unsqueeze(-1)
    mean = (x * shown).sum(-2) / shown.sum(-2).clamp_min(1e-6)
    largest = x.masked_fill(shown == 0, -torch.inf).amax(-2)
    return torch.cat([mean, largest.masked_fill(shown.sum(-2) == 0, 0)], -1)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 4),
    st.integers(1, 6),
    st.sampled_from([None, (), (3,)]),
    st.booleans(),
    st.integers(0, 99),
)
def test_pooling_has_the_gradient_of_its_literal_form(batch, steps, views, ties, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, 2, steps, 3, generator=generator)
    x = x.round() if ties else x
    weights = None
    if views is not None:
        weights = torch.rand(*views, batch, 2, steps, generator=generator)
        weights = weights * (weights > 0.4)
    network = TCNEncoder(widths=(3,), kernel_sizes=(1,)).build(1)
    results = []
    for pool in (network.pool, literal_pool):
        leaf = x.clone().requires_grad_()
        pooled = pool(leaf, weights)
        pooled.backward(torch.arange(pooled.numel()).view_as(pooled) / 7)
        results.append((pooled.detach(), leaf.grad))
    torch.testing.assert_close(*results)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))
def test_masked_pooling_sees_only_kept_steps(batch, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    network = TCNEncoder(widths=(4,), kernel_sizes=(3,)).build(1)
    sequence = torch.randn(batch, steps, 4, generator=generator)
    keep = torch.rand(2, batch, steps, generator=generator) < 0.5
    keep[..., 0] = True
    pooled = network.pool(sequence, keep)
    for view in range(2):
        for window in range(batch):
            kept = sequence[window][keep[view, window]]
            expected = torch.cat([kept.mean(0), kept.amax(0)])
            torch.testing.assert_close(pooled[view, window], expected)
    everything = torch.ones(batch, steps, dtype=torch.bool)
    torch.testing.assert_close(network.pool(sequence, everything), network.pool(sequence))


@pytest.mark.parametrize(
    ("pooling", "size"), [("mean", 128), ("max", 128), ("mean+max", 256)]
)
def test_pooling_sets_the_code_size(pooling, size):
    network = TCNEncoder(pooling=pooling).build(2)
    assert network.code_size == size
    assert network(torch.zeros(3, 2, 40)).shape == (3, size)


def test_dropout_acts_in_training_only():
    network = TCNEncoder(dropout=0.5).build(2)
    x = torch.randn(3, 2, 40)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"widths": (8, 8)}, "one of each for every layer"),
        ({"widths": (), "kernel_sizes": ()}, "one of each for every layer"),
        ({"stride": 0}, "'stride' parameter of TCNEncoder"),
        ({"activation": "swish"}, "'activation' parameter of TCNEncoder"),
        ({"dropout": 1.0}, "'dropout' parameter of TCNEncoder"),
        ({"pooling": "median"}, "'pooling' parameter of TCNEncoder"),
    ],
)
def test_bad_parameters_are_refused(params, match):
    with pytest.raises(ValueError, match=match):
        TCNEncoder(**params).build(3)


def padded(windows, n_timepoints):
    """Put windows of several lengths into one batch."""
    x = torch.zeros(len(windows), windows[0].shape[0], n_timepoints)
    present = torch.zeros_like(x, dtype=torch.bool)
    for row, window in enumerate(windows):
        x[row, :, : window.shape[1]] = window
        present[row, :, : window.shape[1]] = True
    return x, present


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.integers(0, 30),
    st.sampled_from([(24, 16, 8), (5, 4, 3), (1, 2, 7)]),
    st.integers(1, 3),
    st.sampled_from(["mean", "max", "mean+max"]),
    st.sampled_from([None, 1, 20]),
)
def test_padding_changes_nothing(
    lengths, extra, kernel_sizes, stride, pooling, long_window
):
    torch.manual_seed(0)
    encoder = TCNEncoder(
        kernel_sizes=kernel_sizes,
        stride=stride,
        pooling=pooling,
        long_window=long_window,
    )
    network = encoder.build(2)
    network.measure((2, max(lengths) + extra))
    windows = [torch.randn(2, length) for length in lengths]
    x, present = padded(windows, max(lengths) + extra)
    with torch.no_grad():
        codes = network(x, present)
        alone = torch.cat([network(window[None]) for window in windows])
    torch.testing.assert_close(codes, alone, atol=1e-5, rtol=1e-4)


def test_complete_windows_need_no_mask():
    torch.manual_seed(0)
    x = torch.randn(3, 2, 40)
    for encoder, window in ((TCNEncoder(), x), (ImageEncoder(), x[:, :, None])):
        network = encoder.build(2)
        everything = torch.ones_like(window, dtype=torch.bool)
        torch.testing.assert_close(network(window, everything), network(window))


def test_coverage_is_the_share_of_what_a_step_sees():
    network = TCNEncoder(widths=(4,), kernel_sizes=(4,), stride=4).build(2)
    present = torch.ones(1, 2, 20, dtype=torch.bool)
    present[0, :, 6:10] = False  # steps see -2..1, 2..5, 6..9, 10..13, 14..17, 18..21
    present[0, 0, 14:16] = False
    present[0, :, 19:] = False  # the end: 19 timepoints alone have 5 steps
    _, coverage = network.sequence(torch.zeros(1, 2, 20), present)
    assert coverage[0].tolist() == pytest.approx([1, 1, 0, 1, 0.75, 0])


def test_pooling_weighs_steps_by_their_coverage():
    network = TCNEncoder(widths=(2,), kernel_sizes=(3,)).build(1)
    sequence = torch.tensor([[[1.0, 8.0], [2.0, 4.0], [9.0, 9.0]]])
    pooled = network.pool(sequence, torch.tensor([[1.0, 0.5, 0.0]]))
    torch.testing.assert_close(pooled, torch.tensor([[4 / 3, 20 / 3, 2.0, 8.0]]))
    assert (network.pool(sequence, torch.zeros(1, 3)) == 0).all()


def literal_image(network, x):
    for layer in network.layers:
        conv = layer.conv
        x = torch.nn.functional.conv2d(x, conv.weight, conv.bias, stride=2, padding=1)
        x = layer.activation(layer.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
    return torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1)


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (32, 20)])
def test_the_image_encoder_equals_its_literal_form(size):
    torch.manual_seed(0)
    network = ImageEncoder().build(2)
    x = torch.randn(4, 2, *size)
    torch.testing.assert_close(
        network(x), literal_image(network, x), atol=1e-5, rtol=1e-4
    )


def test_the_tcn_gives_images_an_encoder_of_its_widths():
    encoder = TCNEncoder(widths=(8, 12), kernel_sizes=(5, 3), pooling="mean")
    image = encoder.for_images()
    assert isinstance(image, ImageEncoder)
    assert image.build(1).code_size == encoder.build(3).code_size == 12


def test_an_image_encoder_needs_a_layer():
    with pytest.raises(ValueError, match="at least one layer"):
        ImageEncoder(widths=()).build(1)


def test_images_get_every_parameter_that_both_encoders_have():
    """But for kernels and strides, which are other ones over time."""
    changed = {
        "widths": (8, 12),
        "affine": True,
        "activation": "prelu",
        "dropout": 0.25,
        "pooling": "max",
        "shared": True,
    }
    image = TCNEncoder(kernel_sizes=(5, 3), **changed).for_images().get_params()
    assert {name: image[name] for name in changed} == changed
    assert set(image) - set(changed) == {"kernel_size", "stride"}


class Normed(torch.nn.Module):
    def __init__(self, n_channels):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(n_channels)

    def forward(self, x):
        return self.norm(x).mean(-1)


def test_finding_out_its_width_leaves_a_module_as_it_is():
    network = ModuleEncoder(Normed).build(3)
    network.measure((3, 20))
    assert network.code_size == 3
    assert network.training
    assert network.module.norm.num_batches_tracked == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (1, 3), (1, 4), (1, 1, 1), (1, 4, 1)])
@pytest.mark.parametrize("n_together", [1, 2])
def test_gradients_in_bfloat16_are_those_of_float32(shape, n_together):
    encoder = TCNEncoder() if len(shape) == 2 else ImageEncoder()
    spec = {f"m{i}": shape for i in range(n_together)}
    found = {}
    for dtype in (torch.float32, torch.bfloat16):
        torch.manual_seed(0)
        modules = nn.ModuleList(build_encoders(spec, encoder)[1].values())
        x = [torch.randn(16, *shape) for _ in modules]
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
            if n_together == 1:
                codes = modules[0](x[0])
            else:
                codes = modules[0].together(list(modules), x)
        codes.float().square().sum().backward()
        found[dtype] = torch.cat([p.grad.flatten() for p in modules.parameters()])
    gap = found[torch.bfloat16] - found[torch.float32]
    assert gap.norm() < 0.2 * found[torch.float32].norm()  # the maximum may move
