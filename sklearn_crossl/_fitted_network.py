"""The network of a fitted estimator, which keeps its weights as arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from ._network import CroSSLNetwork


class FittedNetworkMixin(ABC):
    """Rebuilds the network once, and leaves it out of pickles and copies."""

    _network: CroSSLNetwork | None = None

    @abstractmethod
    def _rebuilt(self, fitted: Mapping[str, Any]) -> Any:
        """Build the network from fitted attributes."""

    def _fitted_network(self) -> Any:
        """Return the network; the first call rebuilds it from the fitted arrays."""
        if self._network is None:
            self._network = self._rebuilt(vars(self))
        return self._network

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {key: value for key, value in state.items() if key != "_network"}
