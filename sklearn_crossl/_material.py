"""What fine-tuning learns from: labelled windows, their views, targets and groups."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from ._batches import StreamedWindows, WindowDataset
from ._device import resolve_device
from ._labelled import LabelledWindows, Views, make_views
from ._targets import Target
from ._windows import Windows
from .transformer import CroSSLTransformer

_TRIES = 20  # of random splits, for one that leaves each class something


class Material(NamedTuple):
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
) -> Material:
    """Read the windows that have a label, and summarise them in all views."""
    if groups is not None:
        groups = groups[target.labelled]
    dataset = StreamedWindows(windows, transformer.mean_, transformer.scale_)
    labelled = dataset.read(np.flatnonzero(target.labelled))
    network = transformer._embedding_network()
    device = resolve_device(transformer.device)
    views = make_views(network, labelled, modality_dropout, device)
    return Material(transformer, labelled, views, target, groups)


def split(
    target: Target,
    groups: np.ndarray | None,
    validation_fraction: float,
    random_state: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the labelled windows to train on, of each class some, and to stop by.

    Raises ValueError if that leaves too few.
    """
    values = target.values
    by = ShuffleSplit if groups is None else GroupShuffleSplit
    splits = by(_TRIES, test_size=validation_fraction, random_state=random_state)
    is_class = values.dtype.kind == "i"
    try:
        for training, held_out in splits.split(values, groups=groups):
            if not is_class or len(np.unique(values[training])) == target.n_outputs:
                return training, held_out
    except ValueError:  # told below, in the words of this package
        pass
    what = "windows" if groups is None else "groups"
    n = len(values) if groups is None else len(np.unique(groups))
    raise ValueError(
        f"early_stopping holds out {validation_fraction:.0%} of {n} {what} with labels, "
        "which does not leave some to train on, of each class. Give more labels, lower "
        "validation_fraction, or leave early_stopping off."
    )
