import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl.encoders import ENCODERS, TCNEncoder


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
    for layer in network.convolutions.layers:
        conv = layer.conv
        x = torch.nn.functional.conv1d(
            x, conv.weight[:, :, 0], conv.bias, stride=stride, padding=conv.padding[1]
        )
        x = layer.activation(layer.norm(x.transpose(1, 2))).transpose(1, 2)
    return x.transpose(1, 2)


@pytest.mark.parametrize("stride", [1, 2])
def test_tcn_equals_its_literal_form(stride):
    torch.manual_seed(0)
    network = TCNEncoder(stride=stride, activation="prelu").build(3)
    x = torch.randn(4, 3, 50)
    torch.testing.assert_close(
        network.sequence(x)[0], literal_tcn(network, x, stride), atol=1e-5, rtol=1e-4
    )


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
    ("pooling", "size"), [("mean", 96), ("max", 96), ("mean+max", 192)]
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
