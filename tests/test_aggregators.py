import pytest
import torch

from sklearn_crossl.aggregators import (
    AGGREGATORS,
    AttentionAggregator,
    MLPAggregator,
    ModuleAggregator,
    SetAggregator,
)

M, UNITS = 4, 6
VARIANTS = {
    **{name: cls() for name, cls in AGGREGATORS.items()},
    "set with residual": SetAggregator(hidden_size=16),
}


def build(spec):
    torch.manual_seed(0)
    return spec.build(M, UNITS).eval()


@pytest.fixture(params=sorted(VARIANTS))
def network(request):
    return build(VARIANTS[request.param])


def keep_of(*modalities, batch=3):
    keep = torch.zeros(batch, M, 1, dtype=torch.bool)
    keep[:, list(modalities)] = True
    return keep


def test_hidden_modalities_do_not_matter(network):
    codes = torch.randn(3, M, UNITS)
    other = codes.clone()
    other[:, 2] = 1e3
    keep = keep_of(0, 1, 3)
    assert torch.equal(network(codes, keep), network(other, keep))
    assert not torch.allclose(network(codes, keep_of(0, 1, 2, 3)), network(codes, keep))


def test_hidden_units_do_not_matter(network):
    codes = torch.randn(3, M, UNITS)
    keep = torch.rand(3, M, UNITS) < 0.5
    keep[:, 0, 0] = True
    other = torch.where(keep, codes, torch.randn(3, M, UNITS))
    torch.testing.assert_close(network(codes, keep), network(other, keep))


def test_views_broadcast_over_the_same_codes(network):
    codes = torch.randn(3, M, UNITS)
    keep = torch.stack([keep_of(0, 1), keep_of(2), keep_of(0, 1, 2, 3)])
    views = network(codes, keep)
    assert views.shape == (3, 3, network.embedding_size)
    for view, view_keep in zip(views, keep, strict=True):
        torch.testing.assert_close(view, network(codes, view_keep))


@pytest.mark.parametrize("spec", ["set", "set with residual"])
def test_views_of_the_same_codes_have_the_gradients_of_views_apart(spec):
    network = build(VARIANTS[spec])
    keep = torch.rand(3, 5, M, 1, generator=torch.Generator().manual_seed(0)) < 0.5
    leaves = [torch.randn(5, M, UNITS).requires_grad_()]
    leaves.append(leaves[0].detach().clone().requires_grad_())
    network(leaves[0], keep).square().sum().backward()
    torch.stack([network(leaves[1], k) for k in keep]).square().sum().backward()
    torch.testing.assert_close(leaves[0].grad, leaves[1].grad)


def test_views_of_codes_broadcast_over_the_same_mask(network):
    codes = torch.randn(2, 3, M, UNITS)
    views = network(codes, keep_of(0, 2))
    for view, view_codes in zip(views, codes, strict=True):
        torch.testing.assert_close(view, network(view_codes, keep_of(0, 2)))


def test_a_window_does_not_see_its_neighbours(network):
    codes, keep = torch.randn(3, M, UNITS), keep_of(1, 2)
    torch.testing.assert_close(network(codes[1:2], keep[1:2]), network(codes, keep)[1:2])


def test_gradients_are_finite_even_with_nothing_kept(network):
    codes = torch.randn(3, M, UNITS, requires_grad=True)
    network(codes, keep_of()).sum().backward()
    assert torch.isfinite(codes.grad).all()


def test_set_is_the_mean_of_the_maps():
    network = build(SetAggregator(embedding_size=5))
    codes = torch.randn(3, M, UNITS)
    maps = network.maps
    mapped = [codes[:, m] @ maps.weight[m] + maps.bias[m] for m in (0, 3)]
    expected = (mapped[0] + mapped[1]) / 2
    torch.testing.assert_close(network(codes, keep_of(0, 3)), expected)


def test_mlp_rescales_by_what_is_present():
    codes = torch.ones(3, M, UNITS)
    first = {}
    for rescale in (True, False):
        network = build(MLPAggregator(rescale=rescale))
        network.layers[0].register_forward_pre_hook(
            lambda module, args, key=rescale: first.__setitem__(key, args[0])
        )
        network(codes, keep_of(0))
    assert float(first[True].sum(1)[0]) == pytest.approx(M * UNITS, rel=1e-4)
    assert float(first[False].sum(1)[0]) == pytest.approx(UNITS)


def test_published_mlp_sizes():
    network = MLPAggregator().build(n_modalities=6, code_size=96)
    widths = [
        layer.out_features for layer in network.layers if hasattr(layer, "out_features")
    ]
    assert widths == [64, 32, 32]
    # The count of the published network, its output layer normalisation included.
    assert sum(p.numel() for p in network.parameters()) == 40_128


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="heads that divide the width"):
        AttentionAggregator(embedding_size=10, n_heads=4).build(2, 3)
    with pytest.raises(ValueError, match="'embedding_size' parameter of SetAggregator"):
        SetAggregator(embedding_size=0).build(2, 3)


def test_the_mlp_of_a_set_is_added_to_the_mean():
    network = build(SetAggregator(embedding_size=5, hidden_size=16))
    plain = SetAggregator(embedding_size=5).build(M, UNITS)
    plain.maps.load_state_dict(network.maps.state_dict())
    codes = torch.randn(3, M, UNITS)
    mean = plain(codes, keep_of(0, 3))
    expected = mean + network.residual(mean)
    torch.testing.assert_close(network(codes, keep_of(0, 3)), expected)


def test_attention_literally():
    network = build(AttentionAggregator(embedding_size=8, n_heads=2, hidden_size=16))
    codes, present = torch.randn(3, M, UNITS), (0, 2, 3)
    maps, rows = network.maps, []
    for of_window in codes:
        tokens = torch.stack(
            [of_window[m] @ maps.weight[m] + maps.bias[m] for m in present]
        )
        key, value = network.key_value(network.norm(tokens)).chunk(2, dim=-1)
        heads = []
        for head, part in enumerate((slice(0, 4), slice(4, 8))):
            query = network.query[head, 0]
            weight = (key[:, part] @ query / 4**0.5).softmax(0)
            heads.append(weight @ value[:, part])
        attended = network.out(torch.cat(heads))
        rows.append(attended + network.residual(attended))
    torch.testing.assert_close(network(codes, keep_of(*present)), torch.stack(rows))


def test_mlp_rescales_hidden_units_within_a_modality_alone():
    """And what modalities are missing by the share of those that are there."""
    network, seen = build(MLPAggregator()), []
    network.layers[0].register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    codes = torch.ones(1, M, UNITS)
    keep = torch.zeros(1, M, UNITS, dtype=torch.bool)
    keep[0, 0, :2] = keep[0, 1] = True
    network(codes, keep)
    of_modality = seen[0].unflatten(1, (M, UNITS))[0]
    expected = torch.zeros(M, UNITS)
    expected[0, :2], expected[1] = 3 * 2, 2  # a third of the units, half the modalities
    torch.testing.assert_close(of_modality, expected)


class Normed(torch.nn.Module):
    def __init__(self, n_modalities, code_size):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(code_size)

    def forward(self, codes, keep):
        return self.norm((codes * keep).sum(-2))


def test_finding_out_its_width_leaves_a_module_as_it_is():
    network = ModuleAggregator(Normed).build(M, UNITS)
    assert network.embedding_size == UNITS
    assert network.module.norm.num_batches_tracked == 0
    torch.testing.assert_close(network.module.norm.running_var, torch.ones(UNITS))
