"""The network: the stages of CroSSL composed, from windows to loss."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .aggregators import Aggregator
from .encoders import Encoder, EncoderModule
from .masking import draw_ratio, random_mask, spatial_mask, temporal_mask
from .objectives import Latents, Objective

Shape = tuple[int, ...]  # of a modality: channels, then timepoints or height and width


class Batch(NamedTuple):
    """Windows as the network takes them: each modality holds observed rows only.

    What is missing is known on the host, so that no device has to be asked for it.
    """

    inputs: dict[str, Tensor]  # name -> (n_m, channels, time), gaps filled
    rows: dict[str, Tensor | None]  # name -> (n_m,) places in the batch; None: all
    present: dict[str, Tensor | None]  # name -> bool, as inputs; None: no gaps
    observed: Tensor  # (batch, M) bool
    valid: Tensor | None = None  # (batch,) bool; None: every window has a modality

    def to(self, device: torch.device | str) -> Batch:
        """Copy to a device."""

        def move(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device, non_blocking=True)

        return Batch(
            {name: x.to(device, non_blocking=True) for name, x in self.inputs.items()},
            {name: move(rows) for name, rows in self.rows.items()},
            {name: move(present) for name, present in self.present.items()},
            self.observed.to(device, non_blocking=True),
            move(self.valid),
        )


class Masking(NamedTuple):
    """How the views are masked."""

    strategy: str
    ratio: float | tuple[float, float]
    n_views: int


DEFAULT_MASKING = Masking("spatial", 0.5, 2)


class CroSSLNetwork(nn.Module):
    """Encoders, masking, aggregator and objective.

    ``forward`` is a training step: it returns the terms of the loss. ``embed`` is what
    ``transform`` needs.

    Parameters
    ----------
    shapes : mapping of str to Shape
        The modalities, in order.
    encoder, aggregator, objective : Encoder, Aggregator, Objective
        The stages. Without an objective the network can only embed.
    masking : Masking
        How the views are masked.
    """

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        encoder: Encoder,
        aggregator: Aggregator,
        objective: Objective | None = None,
        masking: Masking = DEFAULT_MASKING,
    ):
        super().__init__()
        self.masking = masking
        self.names = list(shapes)
        self.owners, modules = _build_encoders(shapes, encoder)
        self.encoders = nn.ModuleDict(modules)
        self.code_size = _common_code_size(self.owners, modules)
        self.aggregator = aggregator.build(len(shapes), self.code_size)
        self.objective = (
            None if objective is None else objective.build(self.aggregator.embedding_size)
        )

    def forward(
        self, batch: Batch, autocast: torch.dtype | None = None
    ) -> dict[str, Tensor]:
        """Compute the terms of the loss, the encoders in the number format given.

        Masks, losses and batch statistics are in float32 in any case.
        """
        assert self.objective is not None
        device = batch.observed.device.type
        with torch.autocast(device, autocast) if autocast else nullcontext():
            sequences = self.encode(batch)
        codes, keep = self.mask(sequences, batch)
        views = self.aggregator(codes, keep)
        return self.objective(Latents(views, codes, batch.observed, batch.valid))

    def embed(self, batch: Batch, n_rows: int) -> tuple[Tensor, Tensor]:
        """Embed without masking, every pass padded to ``n_rows`` rows.

        Kernels are chosen by shape and round differently, so only a fixed shape makes a
        window's embedding independent of the windows beside it.

        Returns codes (batch, M, code_size), zero where missing, and the global
        embedding (batch, embedding_size).
        """
        pooled = {}
        for name, x in batch.inputs.items():
            present = batch.present[name]
            if present is not None:
                present = _pad_rows(present, n_rows)
            pooled[name] = (
                self.module(name)(_pad_rows(x, n_rows), present)[: len(x)]
                if len(x)
                else x.new_zeros(0, self.code_size)
            )
        codes, size = self.stack(pooled, batch), len(batch.observed)
        keep = _pad_rows(batch.observed, n_rows)[..., None]
        return codes, self.aggregator(_pad_rows(codes, n_rows), keep)[:size]

    def encode(self, batch: Batch) -> dict[str, tuple[Tensor, Tensor | None]]:
        """Encode each modality's observed windows.

        Returns latent sequences (n_m, steps, units) and the coverage (n_m, steps) of
        their steps, None for all.
        """
        latent = {}
        for name, x in batch.inputs.items():
            sequence, coverage = self.module(name).sequence(x, batch.present[name])
            latent[name] = sequence.float(), coverage
        return latent

    def mask(
        self, latent: Mapping[str, tuple[Tensor, Tensor | None]], batch: Batch
    ) -> tuple[Tensor, Tensor]:
        """Pool the latent sequences and draw what each view sees of them.

        Returns codes (batch, M, code_size) and keep (n_views, batch, M, 1 | code_size);
        under temporal masking the codes are already those of the views and keep is
        (batch, M, 1).
        """
        strategy, ratio, n_views = self.masking
        observed = batch.observed
        ratios = draw_ratio(ratio, n_views, device=observed.device)
        if strategy == "spatial" and sum(len(x) > 0 for x in batch.inputs.values()) == 1:
            strategy = "temporal"  # a single modality cannot be hidden: its steps are
        if strategy == "temporal" and all(s.shape[1] == 1 for s, _ in latent.values()):
            strategy = "random"  # nor a single step: its units are
        if strategy == "temporal":
            pooled = {
                name: self.module(name).pool(parts[0], _step_weights(*parts, ratios))
                for name, parts in latent.items()
            }
            return self.stack(pooled, batch), observed[..., None]
        pooled = {name: self.module(name).pool(*parts) for name, parts in latent.items()}
        codes = self.stack(pooled, batch)
        if strategy == "random":
            return codes, random_mask(observed, self.code_size, ratios)
        return codes, spatial_mask(observed, ratios)[..., None]

    def stack(self, pooled: dict[str, Tensor], batch: Batch) -> Tensor:
        """Stack codes (..., n_m, code_size) to (..., batch, M, code_size)."""
        columns = []
        for name in self.names:
            code, rows = pooled[name], batch.rows[name]
            if rows is not None:
                shape = (*code.shape[:-2], len(batch.observed), code.shape[-1])
                code = code.new_zeros(shape).index_copy(-2, rows, code)
            columns.append(code)
        return torch.stack(columns, dim=-2)

    def module(self, name: str) -> EncoderModule:
        """Return the encoder network of a modality."""
        module = self.encoders[self.owners[name]]
        assert isinstance(module, EncoderModule)
        return module


def _step_weights(sequence: Tensor, coverage: Tensor | None, ratios: Tensor) -> Tensor:
    """Draw which steps each view sees, weighted by their coverage."""
    if coverage is None:
        steps = torch.ones(sequence.shape[:2], dtype=torch.bool, device=sequence.device)
        return temporal_mask(steps, ratios)  # (n_views, n_m, steps)
    return temporal_mask(coverage > 0, ratios) * coverage


def _pad_rows(x: Tensor, n_rows: int) -> Tensor:
    """Append rows of zeros (of False) to (rows, ...), up to ``n_rows``."""
    return torch.cat([x, x.new_zeros(n_rows - len(x), *x.shape[1:])])


def _build_encoders(
    shapes: Mapping[str, Shape], encoder: Encoder
) -> tuple[dict[str, str], dict[str, EncoderModule]]:
    """Build the networks, and say which one each modality uses.

    Keys are positions, since a modality's name may be no valid module name.
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
            measure = getattr(modules[owner], "measure", None)
            if measure is not None:
                measure(shape)
        owners[name] = owner
    return owners, modules


def _common_code_size(owners: dict[str, str], modules: dict[str, EncoderModule]) -> int:
    sizes = {name: modules[owner].code_size for name, owner in owners.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(
            f"The encoders' codes differ in width: {sizes}. The aggregator needs the "
            "same number of units from every modality; end the encoder in a fixed width."
        )
    return next(iter(sizes.values()))
