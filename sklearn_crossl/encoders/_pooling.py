"""Pooling over the steps of latent sequences, (..., steps, units).

Gradients of maxima equal torch's but take fewer passes over memory: steps that tie for
the maximum share its gradient. Masks are floats, which on CPUs are several times faster
than booleans. Views of the same sequence are pooled without copying it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def pool(sequence: Tensor, weights: Tensor | None, kinds: Sequence[str]) -> Tensor:
    """Pool (..., steps, units) in each of the ways named, side by side.

    Weights are (..., steps), or (n_views, ..., steps) for as many results; steps of
    weight 0 don't count, and the result is 0 where no step does.
    """
    if weights is None:
        if list(kinds) == ["mean", "max"]:
            return _MeanMax.apply(sequence)
        plain = (sequence.mean(-2) if k == "mean" else sequence.amax(-2) for k in kinds)
        return torch.cat(list(plain), dim=-1)
    weighted = {"mean": weighted_mean, "max": weighted_max}
    views = weights if weights.ndim == sequence.ndim else weights.unsqueeze(0)
    pooled = torch.cat([weighted[kind](sequence, views) for kind in kinds], dim=-1)
    return pooled if views is weights else pooled.squeeze(0)


def weighted_mean(sequence: Tensor, weights: Tensor) -> Tensor:
    """Average (..., steps, units) by weights (n_views, ..., steps)."""
    weights = weights.to(sequence.dtype)
    # (..., n_views, steps) @ (..., steps, units)
    total = (weights.movedim(0, -2) @ sequence).movedim(-2, 0)
    return total / weights.sum(-1, keepdim=True).clamp_min(1e-6)


def weighted_max(sequence: Tensor, weights: Tensor) -> Tensor:
    """Maximum over the steps that have weight."""
    nothing = torch.zeros((), dtype=sequence.dtype, device=sequence.device)
    penalty = torch.where(weights > 0, nothing, -torch.inf).unsqueeze(-1)
    largest = _PenalisedMax.apply(sequence, penalty)
    return largest.masked_fill(largest == -torch.inf, 0)


class _PenalisedMax(torch.autograd.Function):
    """Maxima of ``x + penalty`` over the steps, one for each penalty."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, penalty: Tensor) -> Tensor:
        largest = torch.stack([(x + of_view).amax(-2) for of_view in penalty])
        ctx.save_for_backward(x, penalty, largest)
        return largest

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        x, penalty, largest = ctx.saved_tensors
        grad_x = torch.zeros_like(x)
        for of_view, top, grad in zip(penalty, largest, grads[0], strict=True):
            is_largest = _equal(x + of_view, top.unsqueeze(-2))
            share = grad / is_largest.sum(-2)
            grad_x.addcmul_(is_largest, share.unsqueeze(-2))
        return grad_x, None


class _MeanMax(torch.autograd.Function):
    """Mean and maximum over the steps, side by side."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        largest = x.amax(-2)
        ctx.save_for_backward(x, largest)
        return torch.cat([x.mean(-2), largest], dim=-1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        x, largest = ctx.saved_tensors
        of_mean, of_max = grads[0].chunk(2, dim=-1)
        is_largest = _equal(x, largest.unsqueeze(-2))
        share = (of_max / is_largest.sum(-2)).unsqueeze(-2)
        return torch.addcmul((of_mean / x.shape[-2]).unsqueeze(-2), is_largest, share)


def _equal(x: Tensor, y: Tensor) -> Tensor:
    """Return where x equals y, as floats."""
    return torch.eq(x, y, out=torch.empty_like(x))
