"""What holds for every objective, whatever its loss."""

import numpy as np
import pytest
import torch

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.objectives import OBJECTIVES, Latents, ModuleObjective, VICReg

M, UNITS, SIZE = 3, 6, 8
SHAPES = [(2, 16), (1, 9), (3, 4, 5)]  # the last one is an image
COMPARING = sorted(set(OBJECTIVES) - {"reconstruction"})  # that has to learn first


ALL = {name: spec() for name, spec in OBJECTIVES.items()}
ALL["vicreg and reconstruction"] = VICReg(reconstruction=30.0)


@pytest.fixture(params=sorted(ALL))
def objective(request):
    return build(ALL[request.param])


def build(spec):
    torch.manual_seed(0)
    return spec.build(SIZE, UNITS, SHAPES)


def latents(n_views=2, batch=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    windows = torch.randn(batch, SIZE, generator=generator)
    views = windows + 0.3 * torch.randn(n_views, batch, SIZE, generator=generator)
    noise = torch.randn(batch, M, UNITS, generator=generator)
    codes = windows[:, None, :UNITS] + 0.3 * noise
    observed = torch.rand(batch, M, generator=generator) < 0.8
    observed[:, 0] = True
    inputs = tuple(torch.randn(batch, *shape, generator=generator) for shape in SHAPES)
    return Latents(views, codes * observed[..., None], observed, inputs=inputs)


def requiring_gradients(given):
    views, codes = (x.detach().requires_grad_() for x in given[:2])
    return given._replace(views=views, codes=codes)


def gradients_of(given):
    """Of what the objective reads: the views, the codes, or both."""
    gradients = [x.grad for x in given[:2] if x.grad is not None]
    assert gradients
    return gradients


def reaches_all(gradient, observed):
    """Whether every view, or every modality of a window with two, has a gradient."""
    reached = gradient.abs().sum(-1) > 0
    if gradient.shape[:2] != observed.shape:
        return reached.all()
    several = observed.sum(1, keepdim=True) > 1
    return reached[observed & several].all()


def choose(given, rows):
    """Give the windows named, in that order."""
    inputs = tuple(x[rows] for x in given.inputs)
    views, codes, observed = given.views[:, rows], given.codes[rows], given.observed[rows]
    return Latents(views, codes, observed, inputs=inputs)


def loss_of(objective, given):
    return objective(given)["loss"].detach()


@pytest.mark.parametrize("n_views", [2, 4])
@pytest.mark.parametrize("batch", [2, 12])
def test_terms_are_finite_scalars_with_gradients(objective, n_views, batch):
    given = requiring_gradients(latents(n_views, batch))
    terms = objective(given)
    assert all(term.shape == () for term in terms.values())
    assert all(torch.isfinite(term) for term in terms.values())
    terms["loss"].backward()
    gradients = [*gradients_of(given), *(p.grad for p in objective.parameters())]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    if batch > 2:  # the correlations of two windows are +-1, whatever they are
        assert all(reaches_all(x, given.observed) for x in gradients_of(given))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_gradients_are_finite_where_the_embedding_has_collapsed(objective, value):
    given = latents()
    views, codes = (torch.full_like(x, value) for x in given[:2])
    given = requiring_gradients(given._replace(views=views, codes=codes))
    objective(given)["loss"].backward()
    assert all(torch.isfinite(gradient).all() for gradient in gradients_of(given))


def test_views_have_no_order(objective):
    given = latents(n_views=3)
    swapped = given._replace(views=given.views[[2, 0, 1]])
    torch.testing.assert_close(loss_of(objective, swapped), loss_of(objective, given))


def test_windows_have_no_order(objective):
    given = latents()
    shuffled = choose(given, torch.randperm(12))
    torch.testing.assert_close(loss_of(objective, shuffled), loss_of(objective, given))


def test_what_is_given_stays_as_it_is(objective):
    given = latents()
    copy = Latents(
        *(x.clone() for x in given[:3]), inputs=tuple(x.clone() for x in given.inputs)
    )
    objective(given)
    torch.testing.assert_close(given, copy, rtol=0, atol=0)


@pytest.mark.parametrize("name", COMPARING)
def test_what_agrees_costs_less_than_what_is_unrelated(name):
    objective, given = build(OBJECTIVES[name]()), latents(batch=64)
    views, codes = given.views.clone(), given.codes.clone()
    views[1], codes[:, 1] = views[1].roll(1, 0), codes[:, 1].roll(1, 0)
    unrelated = given._replace(views=views, codes=codes)
    assert loss_of(objective, given) < loss_of(objective, unrelated)


def test_every_tensor_is_made_on_the_device(objective):
    """The meta device, like a GPU, refuses tensors of another device."""
    given = latents()
    inputs = tuple(x.to("meta") for x in given.inputs)
    given = Latents(*(x.to("meta") for x in given[:3]), inputs=inputs)
    given = requiring_gradients(given)
    loss = objective.to("meta")(given)["loss"]
    loss.backward()
    assert loss.device.type == "meta"


@pytest.mark.parametrize("lacking", [False, True])
@pytest.mark.parametrize("masking", ["spatial", "temporal"])
@pytest.mark.parametrize("name", sorted(OBJECTIVES))
def test_training_lowers_it(name, masking, lacking):
    rng = np.random.default_rng(0)
    pace = rng.uniform(1, 4, size=(96, 1, 1))
    X = np.sin(pace * np.arange(32) / 4) + 0.1 * rng.normal(size=(96, 2, 32))
    if lacking:
        X[::5, 1] = np.nan
    params = {"masking": masking, "summary_size": 0, "random_state": 0}
    model = CroSSLTransformer([1, 1], objective=name, max_epochs=15, **params)
    losses = [epoch["train_loss"] for epoch in model.fit(X).history_]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    "terms", [1.0, {"loss": 1.0}, {"variance": torch.ones(())}, {"loss": torch.ones(2)}]
)
def test_an_own_objective_returns_scalars(terms):
    class Own(torch.nn.Module):
        def __init__(self, embedding_size):
            super().__init__()

        def forward(self, latents):
            return terms

    module = ModuleObjective(Own).build(4)
    latents = Latents(torch.zeros(2, 3, 4), torch.zeros(3, 1, 4), torch.ones(3, 1).bool())
    with pytest.raises(
        ValueError, match="Own returned .*; an objective returns a scalar"
    ):
        module(latents)


@pytest.mark.parametrize("name", ["train_loss", "valid_loss", "dur", "effective_rank"])
def test_an_own_objective_does_not_name_a_term_as_the_history_does(name):
    class Own(torch.nn.Module):
        def __init__(self, embedding_size):
            super().__init__()

        def forward(self, latents):
            return {"loss": latents.views.square().sum(), name: latents.views.mean()}

    model = CroSSLTransformer(objective=Own, max_epochs=1, summary_size=0, random_state=0)
    X = np.random.default_rng(0).normal(size=(8, 2, 16))
    with pytest.raises(ValueError, match=rf"returned terms named \['{name}'\]"):
        model.fit(X)
    assert not hasattr(model, "history_")
