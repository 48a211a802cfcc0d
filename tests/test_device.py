import multiprocessing
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep

import numpy as np
import pytest
import torch
from conftest import make_windows
from torch import nn

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl._batch import Batch
from sklearn_crossl._device import (
    autocast_dtype,
    memory_for_data,
    out_of_memory,
    release_memory,
    resolve_device,
    to_device,
)
from sklearn_crossl._encoded import EncodedWindows
from sklearn_crossl._network import CroSSLNetwork, Masking
from sklearn_crossl._random_state import OwnDraws, seeded
from sklearn_crossl.aggregators import AGGREGATORS
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.masking import MASKINGS
from sklearn_crossl.objectives import VICReg

CPU = torch.device("cpu")


def threads(number):
    """Compute in threads, on as many cores each as in this one: sums round by that."""
    cores = torch.get_num_threads()  # numba may have set it, for this thread alone
    return ThreadPoolExecutor(number, None, torch.set_num_threads, (cores,))


def test_auto_takes_what_is_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == CPU


@pytest.mark.parametrize("name", ["toaster", "hpu", "meta"])
def test_a_device_that_is_not_there_is_refused(name):
    with pytest.raises(ValueError, match=f"device='{name}' cannot be used here"):
        resolve_device(name)


def test_precision():
    assert autocast_dtype("auto", CPU) is None
    assert autocast_dtype("fp32", CPU) is None
    assert autocast_dtype("bf16", CPU) is torch.bfloat16


def test_seeding_leaves_the_global_generator_as_it_was():
    before = torch.get_rng_state()
    with seeded(3, CPU):
        first = torch.rand(4)
    with seeded(3, CPU):
        assert torch.equal(first, torch.rand(4))
    assert torch.equal(before, torch.get_rng_state())


@contextmanager
def default_dtype(dtype):
    torch.set_default_dtype(dtype)
    try:
        yield
        assert torch.get_default_dtype() == dtype
    finally:
        torch.set_default_dtype(torch.float32)


SETTINGS = {
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "inference mode": torch.inference_mode,
    "no gradients": torch.no_grad,
    "default device": lambda: torch.device("meta"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_users_settings_of_torch_change_nothing(setting):
    X, y = make_windows(20)
    X[:3, 3] = np.nan
    params = {"max_epochs": 1, "summary_size": 8, "random_state": 0}
    model = CroSSLTransformer([3, 1], **params)
    classifier = CroSSLClassifier(model, max_epochs=1, random_state=0)
    seen = np.array([True, False])
    classifier.transformer.set_params(encoder=Ramp)

    def everything():
        Z = pickle.loads(pickle.dumps(model.fit(X))).transform(X)
        p = classifier.fit(X, y).predict_proba(X)
        return Z, model.score(X), p, EncodedWindows.of(classifier, X).fuse(seen)

    expected = everything()
    with SETTINGS[setting]():
        found = everything()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_share_a_default_that_is_not_the_users():
    X, _ = make_windows(20)
    model = CroSSLTransformer([3, 1], max_epochs=1, summary_size=0, random_state=0)
    Z, state = model.fit(X).transform(X), pickle.dumps(model)
    with default_dtype(torch.float64), threads(4) as pool:
        found = pool.map(lambda _: pickle.loads(state).transform(X), range(60))
        assert all(np.array_equal(of_thread, Z) for of_thread in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_does_not_wait_for_a_thread_of_its_parent():
    """Which it does not have."""
    with threads(1) as pool, seeded(0, CPU):
        child = pool.submit(multiprocessing.get_context("fork").Process, target=seed)
        child = child.result()
        child.start()
        child.join(60)
    assert child.exitcode == 0


class Ramp(nn.Module):
    """Makes a tensor each time, in whatever the default is."""

    def __init__(self, n_channels):
        super().__init__()
        self.map = nn.Linear(n_channels, 6)

    def forward(self, x):
        return self.map((x * torch.linspace(0, 1, x.shape[-1])).mean(-1))


def seed():
    with seeded(0, CPU):
        torch.rand(1)


def test_threads_draw_what_they_would_draw_alone():
    def draw(seed):
        with seeded(seed, CPU), seeded(seed, CPU):  # one thread may enter twice
            draws = []
            for _ in range(5):
                draws.append(torch.rand(2))
                sleep(0.001)  # lets others run
        return torch.stack(draws)

    before = torch.get_rng_state()
    alone = [draw(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(draw, range(4)))
    assert torch.equal(torch.stack(alone), torch.stack(together))
    assert torch.equal(before, torch.get_rng_state())


def test_a_network_is_built_while_another_thread_trains():
    """Its first weights are replaced, so that it need not wait for the generators."""
    embedder = CroSSLTransformer([3, 1], max_epochs=1, summary_size=8, random_state=0)
    X, _ = make_windows()
    embedder.set_params(aggregator="attention")
    Z = embedder.fit(X).transform(X)
    with seeded(0, CPU), threads(1) as pool:
        loaded = pickle.loads(pickle.dumps(embedder))
        state = torch.get_rng_state()
        found = pool.submit(loaded.transform, X).result(timeout=60)
        assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(found, Z)


def test_every_draw_of_a_module_that_is_made_is_from_a_generator_of_its_own():
    x = torch.empty(3)
    state = torch.get_rng_state()
    with OwnDraws():
        for draw in (torch.rand_like, torch.randn_like, torch.Tensor.log_normal_):
            draw(x)
        torch.randint_like(x, 9)
        x.cauchy_(), x.geometric_(0.5)
        torch.nn.init.trunc_normal_(x)
        torch.nn.init.orthogonal_(torch.empty(3, 3))
    assert torch.equal(torch.get_rng_state(), state)


def test_fits_in_threads_learn_what_they_would_learn_alone():
    X = torch.randn(24, 4, 20, generator=torch.Generator().manual_seed(0)).numpy()

    def embed(seed):
        params = {"max_epochs": 5, "summary_size": 32, "device": "cpu"}
        model = CroSSLTransformer([3, 1], random_state=seed, **params)
        return model.fit(X).transform(X)

    before = torch.get_rng_state()
    alone = [embed(seed) for seed in range(2)]
    with threads(2) as pool:
        together = list(pool.map(embed, range(2)))
    assert np.array_equal(alone, together)
    assert torch.equal(before, torch.get_rng_state())


def test_data_fits_where_it_is_already(monkeypatch):
    assert memory_for_data(CPU) == float("inf")
    assert memory_for_data(torch.device("meta")) == 0
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (600, 1000))
    assert memory_for_data(torch.device("cuda")) == 300
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 100)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 1000)
    assert memory_for_data(torch.device("mps")) == 450


def test_tensors_move_without_a_copy_if_they_are_there():
    x = torch.ones(3)
    assert to_device(x, "cpu") is x
    assert to_device(x, "meta").device.type == "meta"


def test_want_of_memory_is_told_from_other_errors():
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert out_of_memory(RuntimeError("MPS backend out of memory"))
    assert out_of_memory(MemoryError())
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**55)
    assert out_of_memory(caught.value)
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    release_memory(CPU)


def network_and_batch(aggregator, masking, missing):
    shapes = {"acc": (3, 20), "heart": (1, 20)}
    net = CroSSLNetwork(
        shapes,
        TCNEncoder(),
        AGGREGATORS[aggregator](),
        VICReg(),
        Masking(masking, (0.1, 0.9), 3),
    )
    n_acc = 3 if missing else 4
    gaps = torch.ones(3, 3, 20, dtype=torch.bool)
    gaps[1, :, 5:] = False
    batch = Batch(
        {"acc": torch.randn(n_acc, 3, 20), "heart": torch.randn(4, 1, 20)},
        {"acc": torch.tensor([0, 2, 3]) if missing else None, "heart": None},
        {"acc": gaps if missing else None, "heart": None},
        torch.ones(4, 2, dtype=torch.bool),
    )
    return net, batch


def step_and_embed(net, batch):
    terms = net(batch)
    terms["loss"].backward()
    torch.optim.AdamW(net.parameters()).step()
    return [*terms.values(), *net.eval().embed(batch, 8)]


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("masking", MASKINGS)
@pytest.mark.parametrize("aggregator", sorted(AGGREGATORS))
def test_every_tensor_is_made_on_the_device(aggregator, masking, missing):
    """The meta device, like a GPU, refuses tensors of another device.

    Fake CUDA tensors would too, but a build of torch without CUDA cannot differentiate
    through them.
    """
    net, batch = network_and_batch(aggregator, masking, missing)
    for tensor in step_and_embed(net.to("meta"), batch.to("meta")):
        assert tensor.device.type == "meta"


@pytest.mark.parametrize("masking", MASKINGS)
def test_a_mask_made_on_the_wrong_device_would_be_noticed(masking, monkeypatch):
    net, batch = network_and_batch("set", masking, missing=True)
    rand = torch.rand
    monkeypatch.setattr(
        torch, "rand", lambda *args, device, **kwargs: rand(*args, **kwargs)
    )
    with pytest.raises(RuntimeError, match="device"):
        step_and_embed(net.to("meta"), batch.to("meta"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_fit_on_a_gpu_and_transform_on_the_cpu():
    X = torch.randn(64, 4, 50, generator=torch.Generator().manual_seed(0)).numpy()
    X[:5, 3] = torch.nan
    model = CroSSLTransformer([3, 1], device="cuda", max_epochs=3, random_state=0).fit(X)
    on_gpu = model.transform(X)
    on_cpu = model.set_params(device="cpu").transform(X)
    torch.testing.assert_close(
        torch.as_tensor(on_gpu), torch.as_tensor(on_cpu), atol=1e-4, rtol=1e-4
    )
