"""The encoder networks of the modalities."""

from __future__ import annotations

from collections.abc import Mapping

from .encoders import Encoder, EncoderModule

Shape = tuple[int, ...]  # of a modality: channels, then timepoints or height and width


def build_encoders(
    shapes: Mapping[str, Shape], encoder: Encoder
) -> tuple[dict[str, str], dict[str, EncoderModule]]:
    """Build the networks; return the key of each modality's network, and the networks.

    Keys are positions, since a modality's name may not be a valid module name.
    """
    owners: dict[str, str] = {}
    modules: dict[str, EncoderModule] = {}
    first_with: dict[tuple[int, int], str] = {}
    for index, (name, shape) in enumerate(shapes.items()):
        owner = f"m{index}"
        n_channels, n_dimensions = shape[0], len(shape)
        if encoder.shared:
            owner = first_with.setdefault((n_channels, n_dimensions), owner)
        if owner not in modules:
            suited = encoder.for_images() if n_dimensions == 3 else encoder
            modules[owner] = suited.build(n_channels)
        owners[name] = owner
    for owner, module in modules.items():
        shared_by = [shape for name, shape in shapes.items() if owners[name] == owner]
        module.measure(max(shared_by, key=lambda shape: shape[-1]))
    return owners, modules


def common_code_size(owners: dict[str, str], modules: dict[str, EncoderModule]) -> int:
    """Return the width of all modalities' codes."""
    sizes = {name: modules[owner].code_size for name, owner in owners.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(
            f"The encoders' codes differ in width: {sizes}. The aggregator needs the "
            "same number of units from every modality; end the encoder in a fixed width."
        )
    return next(iter(sizes.values()))
