import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl.masking import (
    check_masking_ratio,
    draw_ratio,
    random_mask,
    spatial_mask,
    temporal_mask,
)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def some_observed(batch, n_modalities, seed):
    """Random observed modalities, at least one in each window."""
    draws = torch.rand(batch, n_modalities, generator=generator(seed))
    return (draws < 0.6) | (draws == draws.amax(1, keepdim=True))


shapes = {
    "batch": st.integers(1, 12),
    "n_modalities": st.integers(1, 7),
    "n_views": st.integers(2, 6),
    "seed": st.integers(0, 10_000),
    "ratio": st.floats(0, 0.99),
}


@settings(deadline=None)
@given(**shapes)
def test_spatial_masks_hide_the_right_number(batch, n_modalities, n_views, seed, ratio):
    observed = some_observed(batch, n_modalities, seed)
    ratios = torch.full((n_views,), ratio)
    keep = spatial_mask(observed, ratios, generator=generator(seed))
    assert keep.shape == (n_views, batch, n_modalities)
    assert not (keep & ~observed).any()
    kept = keep.sum(-1)
    assert (kept >= 1).all()
    available = observed.sum(1)
    n_hidden = available - kept
    exact = ratio * available
    assert (n_hidden <= (exact + 1e-4).ceil()).all()
    assert (n_hidden >= torch.minimum((exact - 1e-4).floor(), available - 1)).all()


@settings(deadline=None)
@given(**shapes)
def test_spatial_views_differ_where_they_can(batch, n_modalities, n_views, seed, ratio):
    observed = some_observed(batch, n_modalities, seed)
    keep = spatial_mask(
        observed, torch.full((n_views,), ratio), generator=generator(seed)
    )
    for window in range(batch):
        available = int(observed[window].sum())
        views = [tuple(view[window].tolist()) for view in keep]
        for n_kept in range(1, available):  # hides some and keeps some
            same_size = [view for view in views if sum(view) == n_kept]
            # There are `available` arcs of a size to choose from.
            assert len(set(same_size)) == len(same_size) or len(views) > available


def test_two_modalities_at_half_give_complementary_views():
    observed = torch.ones(50, 2, dtype=torch.bool)
    keep = spatial_mask(observed, torch.tensor([0.5, 0.5]), generator=generator(0))
    assert (keep[0] ^ keep[1]).all()


@pytest.mark.parametrize("ratio", [0.1, 0.25, 0.5, 0.6])
def test_the_fraction_hidden_is_the_masking_ratio(ratio):
    observed = torch.ones(20_000, 5, dtype=torch.bool)
    ratios = torch.tensor([ratio, ratio])
    spatial = spatial_mask(observed, ratios, generator=generator(0))
    random = random_mask(observed, 8, ratios, generator=generator(0))
    temporal = temporal_mask(
        torch.ones(20_000, 16, dtype=torch.bool), ratios, generator=generator(0)
    )
    for keep in (spatial, random, temporal):
        fractions = 1 - keep.float().flatten(1).mean(1)
        torch.testing.assert_close(fractions, ratios, atol=0.01, rtol=0)


def test_every_modality_is_hidden_as_often():
    observed = torch.ones(20_000, 4, dtype=torch.bool)
    keep = spatial_mask(observed, torch.tensor([0.3, 0.6]), generator=generator(0))
    hidden = 1 - keep.float().mean(1)  # (view, modality)
    expected = torch.tensor([[0.3], [0.6]]).expand(2, 4)
    torch.testing.assert_close(hidden, expected, atol=0.02, rtol=0)


@settings(deadline=None)
@given(**shapes)
def test_random_masks_keep_a_unit_of_an_observed_modality(
    batch, n_modalities, n_views, seed, ratio
):
    observed = some_observed(batch, n_modalities, seed)
    ratios = torch.full((n_views,), ratio)
    keep = random_mask(observed, 3, ratios, generator=generator(seed))
    assert keep.shape == (n_views, batch, n_modalities, 3)
    assert not (keep & ~observed[..., None]).any()
    assert keep.flatten(2).any(-1).all()
    if ratio == 0:
        assert (keep == observed[..., None]).all()


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(1, 20), st.floats(0, 0.99), st.integers(0, 999))
def test_temporal_masks_keep_a_stretch_of_what_was_recorded(batch, n_steps, ratio, seed):
    ratios = torch.full((2,), ratio)
    steps = some_observed(batch, n_steps, seed)
    keep = temporal_mask(steps, ratios, generator=generator(seed))
    assert keep.shape == (2, batch, n_steps)
    assert keep.any(-1).all()
    assert not (keep & ~steps).any()
    if ratio == 0:
        assert (keep == steps).all()


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 9), st.floats(0, 0.99), st.integers(0, 999))
def test_a_stretch_is_whole_and_within_the_window(n_steps, padding, ratio, seed):
    steps = torch.zeros(50, n_steps + padding, dtype=torch.bool)
    steps[:, :n_steps] = True
    keep = temporal_mask(steps, torch.tensor([ratio]), generator=generator(seed))[0]
    kept = (1 - ratio) * n_steps
    assert ((keep.sum(1) - kept).abs() < 1 + 1e-4).all()
    edges = keep.int().diff(dim=1).abs().sum(1) + keep[:, 0] + keep[:, -1]
    assert (edges == 2).all()


def test_stretches_start_everywhere():
    steps = torch.ones(20_000, 10, dtype=torch.bool)
    keep = temporal_mask(steps, torch.tensor([0.7]), generator=generator(0))[0]
    starts = keep.int().argmax(1).bincount(minlength=8) / 20_000
    torch.testing.assert_close(starts, torch.full((8,), 1 / 8), atol=0.01, rtol=0)


def test_a_pair_of_ratios_is_drawn_afresh_for_each_view():
    ratios = torch.stack(
        [draw_ratio((0.2, 0.4), 3, generator=generator(s)) for s in range(99)]
    )
    assert ratios.min() >= 0.2
    assert ratios.max() <= 0.4
    assert len(ratios.unique()) > 250
    assert draw_ratio(0.3, 2).tolist() == pytest.approx([0.3, 0.3])


def test_same_generator_same_masks():
    observed = torch.ones(30, 4, dtype=torch.bool)
    first, second = (
        spatial_mask(observed, torch.tensor([0.5, 0.5]), generator=generator(3))
        for _ in range(2)
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    "ratio",
    [1, 1.0, -0.1, (0.2, 1.0), (0.6, 0.4), [0.5], (0.1,) * 3, (), ("a", "b"), None],
)
def test_bad_ratios_are_refused(ratio):
    with pytest.raises(ValueError, match="masking_ratio=.*expected the fraction to hide"):
        check_masking_ratio(ratio)


@pytest.mark.parametrize("ratio", [0, 0.5, (0.1, 0.9), [0.3, 0.3]])
def test_good_ratios_pass(ratio):
    check_masking_ratio(ratio)


def test_numbers_of_hidden_modalities_are_spread_over_the_views():
    """One and two of three at a half: as many views hide the one as the other."""
    observed = torch.ones(200, 3, dtype=torch.bool)
    keep = spatial_mask(observed, torch.tensor([0.5, 0.5]), generator=generator(0))
    assert (keep.sum((0, 2)) == 3).all()


def test_arcs_of_the_views_start_anywhere():
    """Two of four modalities: every third choice of a start is the opposite one."""
    observed = torch.ones(20_000, 4, dtype=torch.bool)
    keep = spatial_mask(observed, torch.tensor([0.5, 0.5]), generator=generator(0))
    opposite = (keep[0] ^ keep[1]).all(1).float().mean()
    assert float(opposite) == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(
    "draw",
    [
        lambda g: spatial_mask(torch.ones(30, 4).bool(), torch.ones(2) / 2, generator=g),
        lambda g: random_mask(torch.ones(9, 4).bool(), 5, torch.ones(2) / 2, generator=g),
        lambda g: temporal_mask(torch.ones(30, 9).bool(), torch.ones(2) / 2, generator=g),
        lambda g: draw_ratio((0.1, 0.9), 5, generator=g),
    ],
    ids=["spatial", "random", "temporal", "ratio"],
)
def test_what_is_drawn_comes_from_the_generator_alone(draw):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, second = (draw(generator(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)
