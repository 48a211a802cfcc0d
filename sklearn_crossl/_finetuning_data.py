"""What fine-tuning learns from: labelled windows, their views, targets and groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from ._batches import StreamedWindows, WindowDataset
from ._device import resolve_device
from ._labelled import LabelledWindows, Views, make_views
from ._targets import Target
from ._windows import Windows
from .transformer import CroSSLTransformer


class FineTuningData(NamedTuple):
    """All that fine-tuning takes besides parameters."""

    transformer: CroSSLTransformer
    windows: WindowDataset  # those with a label
    views: Views  # of them
    target: Target
    groups: np.ndarray | None  # of them

    @property
    def device(self) -> torch.device:
        """Where to compute."""
        return resolve_device(self.transformer.device)

    def choose(self, rows: np.ndarray) -> LabelledWindows:
        """Choose some of the labelled windows."""
        known = self.target.values, self.target.weight
        return LabelledWindows(self.windows, self.views, *known, rows)


def gather(
    windows: Windows,
    transformer: CroSSLTransformer,
    target: Target,
    groups: np.ndarray | None,
    modality_dropout: float | tuple[float, float],
) -> FineTuningData:
    """Read the windows that have a label, and summarise them in all views."""
    if groups is not None:
        groups = groups[target.labelled]
    dataset = StreamedWindows(windows, transformer.mean_, transformer.scale_)
    labelled = dataset.read(np.flatnonzero(target.labelled))
    network = transformer._fitted_network()
    device = resolve_device(transformer.device)
    views = make_views(network, labelled, modality_dropout, device)
    return FineTuningData(transformer, labelled, views, target, groups)


def split(
    target: Target,
    groups: np.ndarray | None,
    validation_fraction: float,
    random_state: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Split the labelled windows into a training set and one for early stopping.

    The training set keeps windows of each class. Raises ValueError if nothing can be held
    out.
    """
    values = target.values
    units = np.arange(len(values)) if groups is None else groups
    unit_of = np.unique(units, return_inverse=True)[1]
    classes = values if values.dtype.kind == "i" else np.zeros(len(values), dtype=int)
    table = np.zeros((unit_of.max() + 1, classes.max() + 1), dtype=int)
    np.add.at(table, (unit_of, classes), 1)  # windows of each unit and class
    left, held_out = table.sum(axis=0), np.zeros(len(table), dtype=bool)
    n_wanted = int(np.ceil(validation_fraction * len(table)))
    for unit in random_state.permutation(len(table)):
        if held_out.sum() < n_wanted and (left > table[unit])[table[unit] > 0].all():
            left -= table[unit]
            held_out[unit] = True
    if not held_out.any():
        what = "windows" if groups is None else "groups"
        raise ValueError(
            f"early_stopping cannot hold out any of {len(table)} {what} with labels and "
            "leave some of each class to train on. Give more labels, or leave "
            "early_stopping off."
        )
    return np.flatnonzero(~held_out[unit_of]), np.flatnonzero(held_out[unit_of])
