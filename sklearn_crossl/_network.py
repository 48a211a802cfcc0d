"""The network: the stages of CroSSL composed, from windows to loss."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ._batch import Batch, pad_rows
from ._modality_encoders import Shape, build_encoders, common_code_size
from ._summary import Summary
from .aggregators import Aggregator
from .encoders import Encoder, EncoderModule
from .masking import draw_ratio, random_mask, spatial_mask, step_weights
from .objectives import Latents, Objective


class EncodedGroup(NamedTuple):
    """Latent sequences of modalities that were encoded together."""

    names: list[str]
    sequence: Tensor  # (n, G, steps, units)
    coverage: Tensor | None  # of the steps, (n, G, steps); None: all


class PerModality(NamedTuple):
    """The network's results for each modality of some windows, zero where missing."""

    codes: Tensor  # (batch, M, code_size)
    projections: Tensor | None = None  # of fixed features, (batch, M, components)
    outputs: Tensor | None = None  # of a head, (batch, M, n_outputs)

    def each(self, change: Callable[[Tensor], Tensor]) -> PerModality:
        """Apply a function to every part that is not None."""
        return PerModality._make(None if part is None else change(part) for part in self)


class Embedding(NamedTuple):
    """Embeddings of unmasked windows."""

    z: Tensor  # the aggregator's output, (batch, embedding_size)
    result: Tensor  # the joint embedding; of a fine-tuned network its head's outputs
    codes: Tensor  # (batch, M, code_size), zero where missing


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
    summary_size : int
        Units of the summary; 0 for none.
    """

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        encoder: Encoder,
        aggregator: Aggregator,
        objective: Objective | None = None,
        masking: Masking = DEFAULT_MASKING,
        summary_size: int = 0,
    ):
        super().__init__()
        self.masking = masking
        self.names = list(shapes)
        self.owners, modules = build_encoders(shapes, encoder)
        self.encoders = nn.ModuleDict(modules)
        self.code_size = common_code_size(self.owners, modules)
        self.aggregator = aggregator.build(len(shapes), self.code_size)
        self.objective = None
        if objective is not None:
            size = self.aggregator.embedding_size
            sizes = size, self.code_size, list(shapes.values())
            self.objective = objective.build(*sizes)
        self.summary = None
        if summary_size:
            size = self.aggregator.embedding_size
            self.summary = Summary(shapes, summary_size, size)

    def forward(
        self, batch: Batch, autocast: torch.dtype | None = None
    ) -> dict[str, Tensor]:
        """Compute the terms of the loss, with the encoders in the ``autocast`` dtype.

        Masks, losses and batch statistics are always in float32.
        """
        assert self.objective is not None
        encoded = self.encode_autocast(batch, autocast)
        codes, keep = self.mask(encoded, batch)
        views = self.aggregator(codes, keep)
        inputs = tuple(batch.scattered(name) for name in self.names)
        lengths = tuple(batch.lengths(name) for name in self.names)
        latents = Latents(views, codes, batch.observed, inputs, lengths)
        return self.objective(latents)

    def embed(self, batch: Batch, n_rows: int, summarize: bool = True) -> Embedding:
        """Embed without masking, every pass padded to ``n_rows`` rows.

        Kernels are chosen by shape and differ in rounding, so only a fixed shape makes a
        window's embedding independent of the rest of the batch. For the same reason,
        either all windows should have all modalities or none should.
        """
        n = len(batch.observed)
        padded = batch.padded(n_rows)
        features = self.features(padded) if summarize else None
        modalities = self.by_modality(batch, padded, features)
        z, result = self.fuse(modalities, padded.observed)
        return Embedding(z[:n], result[:n], modalities.codes[:n])

    def features(self, padded: Batch) -> Tensor | None:
        """Compute what the summary compresses, (rows, n_features), zero where missing."""
        if self.summary is None:
            return None
        n_there = padded.observed.sum(0).tolist()
        raw = [
            self.summary.raw(i, padded.inputs.get(name), padded.present.get(name))[:n]
            for i, (name, n) in enumerate(zip(self.names, n_there, strict=True))
        ]
        return self.summary.join(raw, padded.observed)

    def by_modality(
        self, batch: Batch, padded: Batch, features: Tensor | None
    ) -> PerModality:
        """Encode each modality of a batch, with as many rows as its padded version.

        The padded batch's ``features``, if given, are projected, too.
        """
        codes = self.codes(self.encode(padded, together=batch.complete), batch)
        codes = pad_rows(codes, len(padded.observed))
        if self.summary is None or features is None:
            return PerModality(codes)
        return PerModality(codes, self.summary.pca.project(features))

    def fuse(
        self, modalities: PerModality, observed: Tensor, needs_z: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Compute the global and the joint embedding from some of the modalities.

        For windows with modalities that are not ``observed``, (n, M), the joint embedding
        is its expectation for the complete window. Without a summary it is the global
        embedding. That has no columns if nothing needs it.
        """
        if modalities.projections is None:
            z = self.aggregator(modalities.codes, observed[..., None])
            return z, z
        assert self.summary is not None
        components = self.summary.pca.components(modalities.projections, observed)
        complete = observed.all(1, keepdim=True)
        learnt = self.summary.learnt.predict(components)
        z = learnt[:, :0]
        if needs_z or bool(complete.any()):
            z = self.aggregator(modalities.codes, observed[..., None])
            learnt = torch.where(complete, self.summary.learnt(z), learnt)
        return z, torch.cat([learnt, self.summary(components)], dim=1)

    def embed_batch(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Embed a batch as it is: codes, and the aggregator's output."""
        codes = self.codes(self.encode(batch), batch)
        return codes, self.aggregator(codes, batch.observed[..., None])

    def encode_autocast(
        self, batch: Batch, dtype: torch.dtype | None
    ) -> list[EncodedGroup]:
        """Encode a batch in a number format; None is float32."""
        if dtype is None:
            return self.encode(batch)
        with torch.autocast(batch.observed.device.type, dtype):
            return self.encode(batch)

    def encode(self, batch: Batch, together: bool = True) -> list[EncodedGroup]:
        """Encode each modality's observed windows, groups of modalities at once."""
        encoded = []
        alone = [[name] for name in batch.inputs]
        for names in self._together(batch) if together else alone:
            modules = [self.module(name) for name in names]
            inputs = [batch.inputs[name] for name in names]
            if not len(inputs[0]):  # modules may not accept an empty batch
                continue
            if len(names) > 1:
                sequence, coverage = modules[0].together(modules, inputs), None
            else:
                present = batch.present[names[0]]
                sequence, coverage = modules[0].sequence(inputs[0], present)
                sequence = sequence.unsqueeze(1)
                coverage = None if coverage is None else coverage.unsqueeze(1)
            encoded.append(EncodedGroup(names, sequence.float(), coverage))
        return encoded

    def _together(self, batch: Batch) -> list[list[str]]:
        """Group the modalities that every window has, of equal shape and kind."""
        groups: dict[Hashable, list[str]] = {}
        for name, x in batch.inputs.items():
            module = self.module(name)
            complete = batch.rows[name] is None and batch.present[name] is None
            joins = complete and module.kind is not None
            key = (type(module), module.kind, x.shape[1:]) if joins else name
            groups.setdefault(key, []).append(name)
        return list(groups.values())

    def mask(self, encoded: list[EncodedGroup], batch: Batch) -> tuple[Tensor, Tensor]:
        """Pool the latent sequences and draw the masks of the views.

        Returns codes ([n_views,] batch, M, code_size), separate ones for each view where
        steps are hidden, and keep ([n_views,] batch, M, 1 | code_size).
        """
        strategy, ratio, n_views = self.masking
        observed = batch.observed
        ratios = draw_ratio(ratio, n_views, device=observed.device)
        if strategy == "temporal":
            return self._within(encoded, batch, ratios)
        codes = self.codes(encoded, batch)
        if strategy == "random":
            return codes, random_mask(observed, self.code_size, ratios)
        keep = spatial_mask(observed, ratios)[..., None]
        if not batch.any_alone:
            return codes, keep
        # A window's only modality cannot be hidden, so a part of it is.
        alone = (observed.sum(1) == 1)[:, None, None]  # (batch, 1, 1)
        seen, parts = self._within(encoded, batch, ratios)
        return torch.where(alone, seen, codes), torch.where(alone, parts, keep)

    def _within(
        self, encoded: list[EncodedGroup], batch: Batch, ratios: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Hide a part of each modality: of its steps, or its units if it has one step."""
        keep = batch.observed[..., None]  # (batch, M, 1)
        codes = self.codes(encoded, batch, ratios)
        of_one = {n for x in encoded if x.sequence.shape[2] == 1 for n in x.names}
        if of_one:
            units = random_mask(batch.observed, self.code_size, ratios)
            one_step = [name in of_one for name in self.names]
            at = torch.tensor(one_step, device=keep.device)[:, None]  # (M, 1)
            keep = torch.where(at, units, keep)
        return codes, keep

    def codes(
        self, encoded: list[EncodedGroup], batch: Batch, ratios: Tensor | None = None
    ) -> Tensor:
        """Pool over the steps, or over those that each view sees, and stack.

        Returns codes ([n_views,] batch, M, code_size), zero where missing.
        """
        pooled: dict[str, Tensor] = {}
        for names, sequence, coverage in encoded:
            weights = coverage
            if ratios is not None:
                weights = step_weights(sequence, coverage, ratios)
            codes = self.module(names[0]).pool(sequence, weights)
            pooled.update(zip(names, codes.unbind(-2), strict=True))
        return self.stack(pooled, batch)

    def stack(self, pooled: dict[str, Tensor], batch: Batch) -> Tensor:
        """Stack codes (..., n, code_size) to (..., batch, M, code_size).

        A modality's first rows are those of the windows that have it; a modality that no
        window has may be left out.
        """
        nothing = next(iter(pooled.values()))[..., :0, :]
        columns = []
        for name in self.names:
            rows = batch.rows[name]
            code = pooled.get(name, nothing)[..., : len(batch.inputs[name]), :]
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
