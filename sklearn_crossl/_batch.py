"""A batch of windows, as the network takes them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ._augmentation import Augmentation
from ._device import to_device
from ._window_ends import window_lengths


class Batch(NamedTuple):
    """A batch of windows; each modality holds only the rows in which it is observed.

    Whether anything is missing is known on the host (None, ``any_alone``), so that the
    network need not synchronise with the device to find out.
    """

    inputs: dict[str, Tensor]  # name -> (n_m, channels, time), gaps filled
    rows: dict[str, Tensor | None]  # name -> (n_m,) row indices in the batch; None: all
    present: dict[str, Tensor | None]  # name -> bool mask of inputs; None: no gaps
    observed: Tensor  # (batch, M) bool
    any_alone: bool = False  # whether any window has only one modality

    def to(self, device: torch.device | str) -> Batch:
        """Copy to a device."""

        def move(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else to_device(tensor, device)

        return Batch(
            {name: to_device(x, device) for name, x in self.inputs.items()},
            {name: move(rows) for name, rows in self.rows.items()},
            {name: move(present) for name, present in self.present.items()},
            to_device(self.observed, device),
            self.any_alone,
        )

    def augmented(self, augmentation: Augmentation, draws: Tensor) -> Batch:
        """Augment the windows, with draws (batch, 2) that all modalities share."""
        inputs, presents = {}, {}
        for name, x in self.inputs.items():
            rows, present = self.rows[name], self.present[name]
            of_these = draws if rows is None else draws[rows]
            inputs[name], presents[name] = augmentation(x, present, of_these)
        return self._replace(inputs=inputs, present=presents)

    @property
    def complete(self) -> bool:
        """Whether every window has every modality."""
        return all(rows is None for rows in self.rows.values())

    def scattered(self, name: str) -> Tensor:
        """Return a modality with a row for each window, zero where it is missing."""
        return self._in_rows(name, self.inputs[name])

    def lengths(self, name: str) -> Tensor | None:
        """Count the timepoints until each window's end, (batch,); None: all there are."""
        present = self.present[name]
        if present is None or present.ndim > 3:
            return None
        return self._in_rows(name, window_lengths(present))

    def _in_rows(self, name: str, x: Tensor) -> Tensor:
        """Scatter values of a modality's observed windows to the rows of the batch."""
        rows = self.rows[name]
        if rows is None:
            return x
        return x.new_zeros(len(self.observed), *x.shape[1:]).index_copy(0, rows, x)

    def padded(self, n_rows: int) -> Batch:
        """Pad to ``n_rows`` rows, leaving out modalities that no window has.

        Rows added to a complete batch count as having every modality; rows added to any
        other batch count as having none.
        """
        inputs = {name: x for name, x in self.inputs.items() if len(x)}
        present = {name: self.present[name] for name in inputs}
        observed = pad_rows(self.observed, n_rows)
        if self.complete:
            observed = torch.ones_like(observed)
        return Batch(
            {name: pad_rows(x, n_rows) for name, x in inputs.items()},
            self.rows,
            {m: None if p is None else pad_rows(p, n_rows) for m, p in present.items()},
            observed,
        )


def pad_rows(x: Tensor, n_rows: int) -> Tensor:
    """Append rows of zeros (of False) to (rows, ...), up to ``n_rows``."""
    return torch.cat([x, x.new_zeros(n_rows - len(x), *x.shape[1:])])
