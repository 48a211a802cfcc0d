import importlib

import numpy as np
import pytest
from sklearn.base import clone
from torch import nn

from sklearn_crossl._stages import by_short_name, public_names, resolve_stage
from sklearn_crossl.aggregators import Aggregator, AttentionAggregator, MLPAggregator
from sklearn_crossl.encoders import (
    ENCODERS,
    Encoder,
    ImageEncoder,
    ModuleEncoder,
    TCNEncoder,
)
from sklearn_crossl.objectives import GMC, InfoNCE, Reconstruction, Triplet, VICReg


class Named(Encoder):
    short_name = "named"

    def build(self, n_channels):
        raise NotImplementedError


class Derived(Named):
    pass


def test_stages_resolve_from_names_objects_and_modules():
    assert isinstance(
        resolve_stage("encoder", "tcn", ENCODERS, ModuleEncoder), TCNEncoder
    )
    given = TCNEncoder(stride=1)
    resolved = resolve_stage("encoder", given, ENCODERS, ModuleEncoder)
    assert resolved.stride == 1
    assert resolved is not given
    adapted = resolve_stage("encoder", nn.Linear, ENCODERS, ModuleEncoder)
    assert isinstance(adapted, ModuleEncoder)
    with pytest.raises(TypeError, match="encoder=int is a class but no torch.nn.Module"):
        resolve_stage("encoder", int, ENCODERS, ModuleEncoder)


def test_stages_are_listed_by_a_name_of_their_own():
    namespace = {"Encoder": Encoder, "Derived": Derived, "Named": Named, "other": 3}
    assert by_short_name(namespace) == {"named": Named}


def test_modules_and_private_names_are_not_public():
    namespace = {"Named": Named, "_hidden": 1, "importlib": importlib, "A": {}}
    assert public_names(namespace) == ["A", "Named"]


@pytest.mark.parametrize(
    "bad", [(0,), (-3,), [2.5], (True,), ("8",), np.array([8.0]), [[8]], (None,)]
)
@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (TCNEncoder(kernel_sizes=(3,)), "widths"),
        (TCNEncoder(widths=(8,)), "kernel_sizes"),
        (ImageEncoder(), "widths"),
        (MLPAggregator(), "hidden_sizes"),
        (VICReg(), "projector"),
        (InfoNCE(), "projector"),
        (Triplet(), "projector"),
        (GMC(), "projector"),
        (Reconstruction(), "decoder"),
    ],
)
def test_sizes_that_are_no_positive_ints_are_refused(stage, name, bad):
    with pytest.raises(ValueError, match=f"'{name}' .* of {type(stage).__name__} is .*;"):
        build(clone(stage).set_params(**{name: bad}))


def test_sizes_may_be_integers_of_numpy():
    build(TCNEncoder(widths=np.array([8, 6]), kernel_sizes=np.array([3, 1])))
    build(VICReg(projector=np.array([4])))
    build(MLPAggregator(hidden_sizes=()))


@pytest.mark.parametrize(
    "stage",
    [
        TCNEncoder(widths=(8, 1), kernel_sizes=(3, 3)),
        ImageEncoder(widths=(1, 8)),
        MLPAggregator(embedding_size=1),
        AttentionAggregator(embedding_size=1, n_heads=1),
    ],
)
def test_a_single_unit_is_not_normalised_to_nothing(stage):
    with pytest.raises(ValueError, match=r"'(widths|embedding_size)' parameter of"):
        build(stage)


def build(stage):
    if hasattr(stage, "for_images"):
        return stage.build(3)
    if isinstance(stage, Aggregator):
        return stage.build(2, 8)
    return stage.build(16, 8, [(3, 64), (1, 16)])
