"""skorch's loop around a network that computes its own loss."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn
from torch.utils.data import Dataset

from sklearn_crossl._loop import GoodWeights, LossNet, history


class Modes(nn.Module):
    """Notes in which mode a part of it is in each step."""

    def __init__(self):
        super().__init__()
        self.part = nn.Linear(1, 1)
        self.part.eval()  # as a module that was tried out before
        self.seen = []

    def forward(self, x):
        self.seen.append(self.part.training)
        return {"loss": self.part(x.values).square().mean(), "size": x.values.mean()}


class Values(list, Dataset):
    """skorch takes a dataset as it is."""


class Batches:
    """Two batches of unequal size."""

    def __init__(self, dataset, batch_size):
        self.dataset = dataset

    def __len__(self):
        return 2

    def __iter__(self):
        for part in (self.dataset[:6], self.dataset[6:]):
            values = torch.tensor(part, dtype=torch.float32)[:, None]
            yield SimpleNamespace(values=values, observed=values), None


class Net(LossNet):
    def infer(self, x, **fit_params):
        return self.module_(x)


def fit(values, **params):
    net = Net(Modes(), train_split=None, iterator_train=Batches, max_epochs=2, **params)
    net.fit(Values(values))
    return net


def test_all_parts_are_in_training_mode_from_the_first_step():
    assert fit([1.0, 2, 3, 4, 5, 6, 7, 8]).module_.seen == [True] * 4


def test_terms_are_means_over_windows_whatever_their_batches():
    net = fit([1.0, 2, 3, 4, 5, 6, 7, 8], lr=1e-9)
    first, _ = history(net)
    assert first["size"] == 4.5
    weight, bias = (float(p.detach().item()) for p in net.module_.part.parameters())
    outputs = weight * np.arange(1, 9) + bias
    np.testing.assert_allclose(first["train_loss"], np.square(outputs).mean(), rtol=1e-4)


def test_a_loss_that_is_not_finite_ends_the_training():
    net = fit([1.0, 2, 3, 4, 5, 6, np.nan])
    assert net.diverged_ == 1
    assert history(net) == []


class Spoil(Callback):
    """Makes weights NaN or huge after a step."""

    def __init__(self, value, *, interrupt=False):
        self.value = value
        self.interrupt = interrupt

    def on_batch_end(self, net, **kwargs):
        if len(net.history) == 2 and len(kwargs["batch"][0].values) == 2:
            with torch.no_grad():
                net.module_.part.weight.fill_(self.value)
            if self.interrupt:
                raise KeyboardInterrupt


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e20])
@pytest.mark.parametrize("interrupt", [False, True])
def test_weights_that_diverge_in_the_last_step_are_not_kept(value, interrupt):
    values = [1.0, 2, 3, 4, 5, 6, 7, 8]
    callbacks = [GoodWeights(), Spoil(value, interrupt=interrupt)]
    net = fit(values, lr=1e-4, callbacks=callbacks)
    assert net.diverged_ == 2
    assert len(history(net)) == 1
    assert abs(net.module_.part.weight.item()) < 2
