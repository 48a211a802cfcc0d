"""A batch of windows, as the network takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ._device import to_device

# windows, where they have values, draws -> other windows, where these have values
Retake = Callable[[Tensor, Tensor | None, Tensor], tuple[Tensor, Tensor | None]]


class Batch(NamedTuple):
    """Windows as the network takes them: each modality holds observed rows only.

    What is missing is known on the host, so that no device has to be asked for it.
    """

    inputs: dict[str, Tensor]  # name -> (n_m, channels, time), gaps filled
    rows: dict[str, Tensor | None]  # name -> (n_m,) places in the batch; None: all
    present: dict[str, Tensor | None]  # name -> bool, as inputs; None: no gaps
    observed: Tensor  # (batch, M) bool
    any_alone: bool = False  # whether a window has one modality alone

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

    def retaken(self, retake: Retake, draws: Tensor) -> Batch:
        """Change the windows by a retake, with draws (batch, 2) for all modalities."""
        inputs, presents = {}, {}
        for name, x in self.inputs.items():
            rows, present = self.rows[name], self.present[name]
            of_these = draws if rows is None else draws[rows]
            inputs[name], presents[name] = retake(x, present, of_these)
        return self._replace(inputs=inputs, present=presents)

    @property
    def complete(self) -> bool:
        """Whether every window has every modality."""
        return all(rows is None for rows in self.rows.values())

    def spread(self, name: str) -> Tensor:
        """Return a modality in the rows of the batch, zero where it is missing."""
        return self._in_rows(name, self.inputs[name])

    def lengths(self, name: str) -> Tensor | None:
        """Count the timepoints until each window's end, (batch,); None: all there are."""
        present = self.present[name]
        if present is None or present.ndim > 3:
            return None
        numbers = torch.arange(1, present.shape[-1] + 1, device=present.device)
        return self._in_rows(name, (present.any(1) * numbers).amax(-1))

    def _in_rows(self, name: str, x: Tensor) -> Tensor:
        """Put what is known of a modality's windows into the rows of the batch."""
        rows = self.rows[name]
        if rows is None:
            return x
        return x.new_zeros(len(self.observed), *x.shape[1:]).index_copy(0, rows, x)

    def padded(self, n_rows: int) -> Batch:
        """Pad to ``n_rows`` rows, leaving out modalities that no window has.

        Rows that are added to a complete batch count as having every modality, others as
        having none.
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
