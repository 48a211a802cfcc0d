"""What holds for every objective, whatever its loss."""

import pytest
import torch

from sklearn_crossl.objectives import OBJECTIVES, Latents

M, UNITS, SIZE = 3, 6, 8


@pytest.fixture(params=sorted(OBJECTIVES))
def objective(request):
    return build(OBJECTIVES[request.param]())


def build(spec):
    torch.manual_seed(0)
    return spec.build(SIZE)


def latents(n_views=2, batch=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    windows = torch.randn(batch, SIZE, generator=generator)
    views = windows + 0.3 * torch.randn(n_views, batch, SIZE, generator=generator)
    codes = torch.randn(batch, M, UNITS, generator=generator)
    observed = torch.rand(batch, M, generator=generator) < 0.8
    observed[:, 0] = True
    return Latents(views, codes * observed[..., None], observed)


def choose(given, rows):
    """Give the windows named, in that order."""
    return Latents(given.views[:, rows], given.codes[rows], given.observed[rows])


def loss_of(objective, given):
    return objective(given)["loss"].detach()


@pytest.mark.parametrize("n_views", [2, 4])
@pytest.mark.parametrize("batch", [2, 12])
def test_terms_are_finite_scalars_with_gradients(objective, n_views, batch):
    given = latents(n_views, batch)
    given.views.requires_grad_()
    terms = objective(given)
    assert all(term.shape == () for term in terms.values())
    assert all(torch.isfinite(term) for term in terms.values())
    terms["loss"].backward()
    gradients = [given.views.grad, *(p.grad for p in objective.parameters())]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    if batch > 2:  # the correlations of two windows are +-1, whatever they are
        assert (given.views.grad.abs().sum(-1) > 0).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_gradients_are_finite_where_the_embedding_has_collapsed(objective, value):
    given = latents()._replace(views=torch.full((2, 12, SIZE), value, requires_grad=True))
    objective(given)["loss"].backward()
    assert torch.isfinite(given.views.grad).all()


def test_views_have_no_order(objective):
    given = latents(n_views=3)
    swapped = given._replace(views=given.views[[2, 0, 1]])
    torch.testing.assert_close(loss_of(objective, swapped), loss_of(objective, given))


def test_windows_have_no_order(objective):
    given = latents()
    shuffled = choose(given, torch.randperm(12))
    torch.testing.assert_close(loss_of(objective, shuffled), loss_of(objective, given))


def test_windows_without_any_modality_do_not_count(objective):
    given, valid = latents(), torch.arange(12) % 3 != 0
    spoilt = Latents(
        given.views.masked_fill(~valid[:, None], torch.nan),
        given.codes.masked_fill(~valid[:, None, None], torch.nan),
        given.observed & valid[:, None],
        valid,
    )
    expected = loss_of(objective, choose(given, valid))
    torch.testing.assert_close(loss_of(objective, spoilt), expected)


def test_what_is_given_stays_as_it_is(objective):
    given = latents()
    copy = Latents(given.views.clone(), given.codes.clone(), given.observed.clone())
    objective(given)
    torch.testing.assert_close(given, copy, rtol=0, atol=0)


def test_agreeing_views_cost_less_than_unrelated_ones(objective):
    given = latents(batch=64)
    unrelated = torch.stack([given.views[0], given.views[1].roll(1, 0)])
    agreeing = loss_of(objective, given)
    assert agreeing < loss_of(objective, given._replace(views=unrelated))


def test_every_tensor_is_made_on_the_device(objective):
    """The meta device, like a GPU, refuses tensors of another device."""
    given = Latents(*(x.to("meta") for x in latents()[:3]))
    loss = objective.to("meta")(given)["loss"]
    loss.backward()
    assert loss.device.type == "meta"
