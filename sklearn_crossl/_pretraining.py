"""One pretraining run: from standardised windows to weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from skorch.callbacks import Callback

from ._batches import StreamedWindows, WindowDataset
from ._loop import check_end, history
from ._memory import freed_memory_kept
from ._network import CroSSLNetwork
from ._persistence import (
    arrays_to_module,
    arrays_to_optimizer,
    module_to_arrays,
    optimizer_to_arrays,
)
from ._pretraining_net import PretrainingNet, make_net
from ._random_state import seeded
from ._summary.fitting import fit_learnt, fit_summary

#: What a fit without warm_start stores in place of the training state.
NOTHING_KEPT: dict[str, Any] = {
    "training_weights": {},
    "optimizer": {},
    "optimizer_name": None,
}


def pretrain(
    dataset: WindowDataset | StreamedWindows,
    network_config: Mapping[str, Any],
    training: Mapping[str, Any],
    *,
    seed: int,
    previous: Mapping[str, Any] | None = None,
    bridge: Callback | None = None,
) -> dict[str, Any]:
    """Train a network and return what was learnt.

    Parameters
    ----------
    dataset : WindowDataset or StreamedWindows
        The training windows.
    network_config : mapping
        Arguments of :class:`CroSSLNetwork`.
    training : mapping
        Arguments of :func:`make_net`.
    seed : int
        Seeds the weights, the batches and the masks.
    previous : mapping, optional
        The result of an earlier call, to continue from.
    bridge : skorch callback, optional
        A callback that is notified of each epoch, besides the user's own.

    Returns
    -------
    dict
        See :func:`collect`.

    Raises
    ------
    ValueError
        If training diverges in the first epoch, or ``previous`` does not fit.
    """
    with seeded(seed, training["device"]), freed_memory_kept():
        network = CroSSLNetwork(**network_config)
        net = make_net(network, dataset, **training, bridge=bridge)
        net.initialize()
        if previous is not None:
            _resume(net, previous)
        if network.summary is not None:
            device = training["device"]
            net.sample = fit_summary(net.module_.summary, dataset, device)
        if training["max_epochs"]:
            net.partial_fit(dataset)
        result = collect(net, previous)
    kept = "nothing was learnt." if previous is None else "the estimator is as before."
    check_end(net, kept)
    return result


def collect(
    net: PretrainingNet, previous: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Collect what a net has learnt so far as plain Python and NumPy objects.

    Returns
    -------
    dict
        ``weights`` and ``code_means``, which embedding needs; ``training_weights``,
        ``optimizer`` and ``optimizer_name``, which are also needed to continue training;
        ``history``, a dict for each epoch; and the sizes.
    """
    if net.sample is not None:
        fit_learnt(net.module_, net.sample, net.device)
    arrays = module_to_arrays(net.module_)
    head = {name: a for name, a in arrays.items() if name.startswith("objective.")}
    earlier = list(previous["history"]) if previous is not None else []
    code_means = net.code_means().cpu().numpy()
    unseen = np.isnan(code_means)  # of modalities that no window has
    code_means[unseen] = 0.0 if previous is None else previous["code_means"][unseen]
    epochs = history(net)
    for number, row in enumerate(epochs, start=len(earlier) + 1):
        row["epoch"] = number
    return {
        "weights": {name: a for name, a in arrays.items() if name not in head},
        "training_weights": head,
        "optimizer": optimizer_to_arrays(net.optimizer_),
        "optimizer_name": type(net.optimizer_).__name__,
        "history": earlier + epochs,
        "code_means": code_means,
        "code_size": net.module_.code_size,
        "embedding_size": net.module_.aggregator.embedding_size,
    }


def _resume(net: PretrainingNet, previous: Mapping[str, Any]) -> None:
    arrays = {**previous["weights"], **previous["training_weights"]}
    before, now = previous["optimizer_name"], type(net.optimizer_).__name__
    try:
        odd = arrays_to_module(arrays, net.module_, strict=False)
        if before is None:  # a plain fit discarded its head, so a new one is used
            odd = [name for name in odd if not name.startswith("objective.")]
        elif before != now:
            odd.append(f"the optimizer was {before} and is {now}")
        if odd:
            raise ValueError(", ".join(odd))
        arrays_to_optimizer(previous["optimizer"], net.optimizer_)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            "The fitted network does not match the parameters, so training cannot go on "
            "from it. Keep encoder, aggregator and summary_size and, after partial_fit "
            "or fit with warm_start=True, objective and optimizer as they were; or fit "
            "afresh with warm_start=False."
        ) from error
