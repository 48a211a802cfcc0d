import importlib

import pytest
from torch import nn

from sklearn_crossl._stages import by_short_name, public_names, resolve_stage
from sklearn_crossl.encoders import ENCODERS, Encoder, ModuleEncoder, TCNEncoder


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
