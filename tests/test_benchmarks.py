"""What the benchmarks of speed compare and count."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed.naive import NaiveCroSSL
from benchmarks.speed.report import report
from benchmarks.speed.steps import Size, build, operations, step_of
from benchmarks.speed.timing import growth, in_turns, ratio
from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._network import CroSSLNetwork
from sklearn_crossl.aggregators import MLPAggregator
from sklearn_crossl.objectives import VICReg


def test_the_naive_port_has_the_published_weights():
    paper = CroSSLTransformer.from_paper()
    shapes = {f"m{i}": (3, 128) for i in range(6)}
    network = CroSSLNetwork(
        shapes, paper.encoder, MLPAggregator(), VICReg(projector=None)
    )

    def sizes(module):
        return sorted(p.numel() for p in module.parameters())

    assert sizes(NaiveCroSSL(6, 3)) == sizes(network)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
def test_the_naive_port_takes_a_step():
    torch.manual_seed(0)
    port = NaiveCroSSL(2, 3)
    loss = port([torch.randn(8, 3, 128) for _ in range(2)])
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in port.parameters())


@pytest.mark.parametrize("length", [64, 128, 333])
def test_operations_are_those_that_torch_counts(length):
    size = Size(1, 3, length, 16)  # torch counts grouped convolutions wrongly
    step = step_of(size)
    with FlopCounterMode(display=False) as counter:
        step()
    assert counter.get_total_flops() / 1e9 == pytest.approx(operations(size), rel=0.03)


def test_modalities_cost_the_same_each():
    two, three, four = (operations(Size(m)) for m in (2, 3, 4))
    assert three - two == pytest.approx(four - three)
    assert build(Size(modalities=2)).names == ["m0", "m1"]


def test_functions_are_timed_in_turns():
    calls = []
    seconds = in_turns(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3
    )
    assert calls == list("abababab")
    assert [len(s) for s in seconds.values()] == [3, 3]


def test_growth_is_the_exponent():
    sizes = np.array([1.0, 2.0, 4.0])
    assert growth(sizes, 3 * sizes**1.5) == pytest.approx(1.5)


def test_ratios_are_taken_round_by_round():
    assert ratio([2.0, 4.0, 6.0], [1.0, 1.0, 1.0])["median"] == 4


def test_the_report_holds_what_was_measured():
    spread = {"low": 1.0, "median": 2.0, "high": 3.0}
    results = {
        "machine": {"threads": 2},
        "precision": {
            "matmul": {"torch.float32": 100.0},
            "matmul_speedup": 1.5,
            "step_speedup": spread,
        },
    }
    text = report(results)
    assert "threads: 2" in text
    assert "2.00 (1.00-3.00)" in text
    assert "Growth" not in text
