"""Windows encoded once, from which any subset of the modalities can be fused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from ._augmentation import warp_and_scale
from ._batch import Batch
from ._device import own_settings, resolve_device
from ._embedding import in_passes
from ._network import CroSSLNetwork, PerModality
from ._random_state import seeded
from ._windows import Windows, check_any_observed

_ROWS = 1024  # fused at a time


@dataclass(frozen=True, eq=False)
class EncodedWindows:
    """A fitted network's results for each modality of some windows.

    The encoders and the fixed features, which take most of the time, have been computed.
    Each subset of the modalities then only costs the fusion.

    Parameters
    ----------
    network : CroSSLNetwork
        In evaluation mode.
    modalities : PerModality
        The network's results for all windows.
    observed : bool Tensor of shape (n_windows, M)
        Which modalities the windows have.
    select_output : callable
        Selects the output from arrays of global embeddings, results and codes.
    code_means : Tensor of shape (M, code_size)
        Take the place of the codes of modalities that are not seen.
    needs_z : bool
        Whether the output depends on the global embedding.
    """

    network: CroSSLNetwork
    modalities: PerModality
    observed: Tensor
    select_output: Callable[..., np.ndarray]
    code_means: Tensor
    needs_z: bool

    @classmethod
    def of(cls, estimator: Any, X: Any) -> EncodedWindows:
        """Encode windows by a fitted transformer, classifier or regressor."""
        check_is_fitted(estimator)
        transformer = getattr(estimator, "transformer_", estimator)
        windows = transformer._read(X)
        check_any_observed(windows, "Leave them out.")
        return cls.of_rows(estimator, windows, np.arange(len(windows)))

    @classmethod
    def of_rows(
        cls,
        estimator: Any,
        windows: Windows,
        rows: np.ndarray,
        augmentation_seed: int | None = None,
    ) -> EncodedWindows:
        """Encode windows by row, in ascending order; each must have a modality.

        With an ``augmentation_seed``, encode augmented copies in place of the windows.
        """
        transformer = getattr(estimator, "transformer_", estimator)
        fine_tuned = transformer is not estimator
        network = estimator._fitted_network()
        device = resolve_device(transformer.device)
        network.to(device)

        def one_pass(batch: Batch, n_rows: int) -> Sequence[Tensor]:
            if augmentation_seed is not None:
                draws = torch.rand(len(batch.observed), 2).to(device)
                batch = batch.augmented(warp_and_scale, draws)
            padded = batch.padded(n_rows)
            modalities = network.by_modality(batch, padded, network.features(padded))
            n = len(batch.observed)
            return [part[:n] for part in modalities if part is not None]

        moments = transformer.mean_, transformer.scale_
        found, results = [], []
        drawing = (
            nullcontext()
            if augmentation_seed is None
            else seeded(augmentation_seed, device)
        )
        with drawing:
            for of_pass, arrays in in_passes(one_pass, windows, *moments, device, rows):
                found.append(of_pass)
                results.append(arrays)
        order = np.argsort(np.concatenate(found))
        parts = [
            torch.from_numpy(np.concatenate(part)[order]).to(device)
            for part in zip(*results, strict=True)
        ]
        return cls(
            network,
            PerModality(*parts),
            torch.from_numpy(np.asarray(windows.observed)[rows]).to(device),
            _outputs if fine_tuned else transformer._chosen,
            torch.from_numpy(transformer._learnt["code_means"]).to(device),
            fine_tuned or transformer.output == "global",
        )

    def fuse(self, seen: np.ndarray) -> np.ndarray:
        """Compute the estimator's output from some of the modalities.

        ``seen`` is bool, (M,). A window that has none of these modalities gets the mean
        output of all windows, computed from all modalities that they have.
        """
        keep = self.observed & torch.from_numpy(seen).to(self.observed.device)
        some = keep.any(1).cpu().numpy()
        if some.all():
            return self._fuse(keep, np.arange(len(keep)))
        result = np.tile(self._mean_output, (len(keep), 1))
        if some.any():
            result[some] = self._fuse(keep, np.flatnonzero(some))
        return result

    @cached_property
    def _mean_output(self) -> np.ndarray:
        """The mean output of all windows, computed from all modalities that they have."""
        known = np.flatnonzero(self.observed.any(1).cpu().numpy())
        return self._fuse(self.observed, known).mean(axis=0)

    def _fuse(self, keep: Tensor, rows: np.ndarray) -> np.ndarray:
        """Fuse some windows by what is to be kept of each, (n_windows, M)."""
        everything = self.modalities
        if len(rows) < len(keep):
            at = torch.from_numpy(rows).to(keep.device)
            everything, keep = everything.each(itemgetter(at)), keep[at]
        results = []
        for start in range(0, len(rows), _ROWS):
            part = slice(start, start + _ROWS)
            with own_settings(keep.device, inference=True):
                modalities = everything.each(itemgetter(part))
                z, result = self.network.fuse(modalities, keep[part], self.needs_z)
                codes = torch.where(
                    keep[part, :, None], modalities.codes, self.code_means
                )
            known = (values.cpu().numpy() for values in (z, result, codes))
            results.append(self.select_output(*known))
        return np.concatenate(results)

    def permuted(self, index: int, order: np.ndarray) -> EncodedWindows:
        """Permute one modality, including whether it is observed, among the windows."""
        at = torch.from_numpy(order).to(self.observed.device)

        def mixed(x: Tensor) -> Tensor:
            x = x.clone()
            x[:, index] = x[at, index]
            return x

        modalities = self.modalities.each(mixed)
        return replace(self, modalities=modalities, observed=mixed(self.observed))


def _outputs(z: np.ndarray, outputs: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Choose what a fine-tuned network says."""
    return outputs
