"""Windows recorded once more, against literal forms."""

import numpy as np
import pytest
import torch
from conftest import make_windows
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._augmentation import (
    crop,
    crop_and_stretch,
    scale_channels,
    warp_and_scale,
)
from sklearn_crossl._summary import fitting


def ramps(length, n_timepoints=40):
    """Windows that count their timepoints from 1 and end early, and where they are."""
    x = torch.arange(1.0, n_timepoints + 1).expand(3, 2, n_timepoints).clone()
    present = torch.zeros(3, 2, n_timepoints, dtype=torch.bool)
    present[:, :, :length] = True
    return x.where(present, 0), present


@settings(deadline=None)
@given(
    length=st.integers(1, 40),
    share=st.floats(0.1, 1),
    place=st.floats(0, 1),
)
def test_a_cut_part_is_a_stretch_of_the_window(length, share, place):
    x, present = ramps(length)
    part, inside = crop(x, present, torch.full((3, 2), place), share)
    kept = int(np.ceil(np.float32(np.float32(share) * np.float32(length))))
    assert part.shape == inside.shape
    assert (inside.sum(-1) == kept).all()
    values = part[0, 0, :kept]
    assert (values.diff() == 1).all()
    assert values[0] >= 1
    assert values[-1] <= length
    assert (part[~inside] == 0).all()


def test_cut_parts_reach_from_the_start_to_the_end():
    x = torch.arange(8.0).expand(2, 1, 8)
    part, inside = crop(x, None, torch.tensor([[0.0, 0.5], [1.0, 0.5]]))
    assert inside.all()
    assert part[:, 0].tolist() == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5, 6, 7]]


@settings(deadline=None)
@given(
    length=st.integers(2, 40),
    size=st.floats(0, 1),
    place=st.floats(0, 1),
    seed=st.integers(0, 99),
)
@example(length=9, size=0.0, place=1 - 2**-53, seed=0)  # just before a timepoint
def test_stretched_parts_are_interpolated(length, size, place, seed):
    x = torch.from_numpy(np.random.default_rng(seed).normal(size=(3, 2, 40)))
    present = torch.zeros(3, 2, 40, dtype=torch.bool)
    present[:, :, :length] = True
    x = x.where(present, 0)
    draws = torch.tensor([[size, place]], dtype=torch.float64).expand(3, 2)
    got, inside = crop_and_stretch(x, present, draws)
    assert (inside == present).all()
    assert (got[~inside] == 0).all()
    share = 0.75 + 0.25 * size
    start = (1 - share) * place
    at = (length - 1) * (start + share * np.linspace(0, 1, length))
    for of_window, stretched in zip(x.numpy(), got.numpy(), strict=True):
        for values, result in zip(of_window, stretched, strict=True):
            expected = np.interp(at, np.arange(length), values[:length])
            np.testing.assert_allclose(result[:length], expected, atol=1e-9)


def test_the_whole_window_stretched_is_the_window():
    x = torch.randn(4, 3, 25, generator=torch.Generator().manual_seed(0))
    draws = torch.tensor([1.0, 0.3]).expand(4, 2)
    got, present = crop_and_stretch(x, None, draws)
    assert present is None
    torch.testing.assert_close(got, x)


def test_gaps_are_stretched_with_the_window():
    x, present = ramps(40)
    present[:, 1, 10:20] = False
    _, there = crop_and_stretch(x, present, torch.tensor([0.0, 0.0]).expand(3, 2))
    assert there[:, 0].all()
    nearest = (0.75 * torch.arange(40)).round().long()  # from the start, 3 in place of 4
    assert (there[:, 1] == present[:, 1, nearest]).all()


@pytest.mark.parametrize("augmentation", [crop, crop_and_stretch, warp_and_scale])
@pytest.mark.parametrize("shape", [(0, 2, 30), (4, 2, 1), (4, 3, 5, 16)])
def test_no_windows_short_ones_and_images(augmentation, shape):
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    present = torch.ones_like(x, dtype=torch.bool)
    draws = torch.rand(len(x), 2, generator=torch.Generator().manual_seed(1))
    got, there = augmentation(x, present, draws)
    without_gaps, _ = augmentation(x, None, draws)
    assert got.shape == without_gaps.shape
    assert there.shape == got.shape
    assert there.any() or not len(x)
    if augmentation is not warp_and_scale:
        torch.testing.assert_close(got, without_gaps)


def test_an_image_is_stretched_along_its_width():
    image = torch.arange(1.0, 41).expand(2, 1, 6, 40)
    got, _ = crop_and_stretch(image, None, torch.tensor([0.0, 1.0]).expand(2, 2))
    torch.testing.assert_close(got, got[:, :, :1].expand_as(got))
    torch.testing.assert_close(got[0, 0, 0, [0, -1]], torch.tensor([10.75, 40.0]))


def test_a_channel_is_louder_or_softer_throughout():
    torch.manual_seed(0)
    x = torch.randn(500, 3, 10)
    gains = scale_channels(x) / x
    torch.testing.assert_close(gains, gains[..., :1].expand_as(gains))
    logarithms = gains[..., 0].log()
    np.testing.assert_allclose(logarithms.mean(), 0, atol=0.02)
    np.testing.assert_allclose(logarithms.std(), 0.15, rtol=0.05)


def test_units_that_take_no_training_change_less_with_loudness_for_what_is_played_again(
    monkeypatch,
):
    X, _ = make_windows(120)
    gains = np.exp(0.15 * np.random.default_rng(0).normal(size=(120, 4, 1)))

    def change():
        model = CroSSLTransformer([3, 1], summary_size=64, random_state=0)._initialize(X)
        Z, louder = (model.transform(x)[:, -64:] for x in (X, gains * X))
        return np.linalg.norm(louder - Z) / np.linalg.norm(Z - Z.mean(axis=0))

    with_both = change()
    monkeypatch.setattr(fitting, "_AUGMENTATIONS", (crop, crop))
    assert with_both < 0.95 * change()
