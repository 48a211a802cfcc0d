"""What the fine-tuned classifier and regressor have in common."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ._device import autocast_dtype, resolve_device
from ._embedding import build_for_embedding, embed
from ._finetuning import EPOCHS, FineTunedNetwork, FineTuningNet, fine_tune
from ._finetuning_data import FineTuningData, gather, split
from ._fitted_network import FittedNetworkMixin
from ._groups import group_numbers
from ._input import read_for_fit
from ._loop import check_callbacks, check_end, history
from ._memory import freed_memory_kept
from ._names import check_names, feature_attributes_of
from ._persistence import arrays_to_module, module_to_arrays
from ._random_state import seeded
from ._targets import Target, check_y_given
from ._windows import Windows, check_any_observed
from .masking import check_masking_ratio
from .transformer import CroSSLTransformer


class BaseFineTuner(FittedNetworkMixin, BaseEstimator):
    """Pretrains on all windows and fine-tunes on those with labels."""

    #: Whether ``fit`` learns from windows without labels, too.
    accepts_unlabeled = True

    _parameter_constraints: dict = {
        "transformer": [CroSSLTransformer, None],
        "pretrained": [CroSSLTransformer, FrozenEstimator, None],
        "pretrain": ["boolean"],
        "freeze": [StrOptions({"encoder", "all"}), None],
        "gradual_unfreezing": ["boolean"],
        "modality_dropout": [Interval(Real, 0, 1, closed="left"), tuple, list],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "head_lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        transformer: CroSSLTransformer | None = None,
        *,
        pretrained: CroSSLTransformer | None = None,
        pretrain: bool = True,
        freeze: str | None = None,
        gradual_unfreezing: bool = True,
        modality_dropout: float | tuple[float, float] = (0.1, 0.9),
        dropout: float = 0.3,
        max_epochs: int | str = "auto",
        batch_size: int = 64,
        lr: float = 1e-4,
        head_lr: float = 3e-3,
        weight_decay: float = 1e-2,
        early_stopping: bool = False,
        validation_fraction: float = 0.2,
        patience: int = 10,
        callbacks: Sequence[Any] | None = None,
        verbose: int = 0,
        random_state: Any = None,
    ):
        self.transformer = transformer
        self.pretrained = pretrained
        self.pretrain = pretrain
        self.freeze = freeze
        self.gradual_unfreezing = gradual_unfreezing
        self.modality_dropout = modality_dropout
        self.dropout = dropout
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.head_lr = head_lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.callbacks = callbacks
        self.verbose = verbose
        self.random_state = random_state

    @abstractmethod
    def _encode(self, y: Any, sample_weight: Any) -> Target:
        """Check y; find the labelled windows, their targets and their weights."""

    def _calibrate(
        self, data: FineTuningData, network: FineTunedNetwork, held_out: Any
    ) -> dict[str, Any]:
        """Calibrate the outputs; return the fitted attributes."""
        return {}

    def _fit(self, X: ArrayLike, y: Any, groups: Any, sample_weight: Any) -> Any:
        """Pretrain, fine-tune, and only then set the fitted attributes."""
        check_masking_ratio(self.modality_dropout, "modality_dropout")
        check_callbacks(self.callbacks)
        check_y_given(self, y)
        target = self._encode(y, sample_weight)
        random_state = check_random_state(self.random_state)
        transformer, windows = self._prepare(X, random_state)
        check_consistent_length(windows.observed, target.labelled)
        if groups is not None:
            groups = group_numbers(groups, len(target.labelled))
        seed = random_state.randint(np.iinfo(np.int32).max)
        training, held_out = np.arange(len(target.values)), None
        if self.early_stopping:
            of_labelled = None if groups is None else groups[target.labelled]
            fraction = self.validation_fraction
            training, held_out = split(target, of_labelled, fraction, random_state)
        if self.pretrained is None:
            learn = transformer.fit if self.pretrain else transformer._initialize
            learn(X, groups=groups)
        device = resolve_device(transformer.device)
        with seeded(seed, device), freed_memory_kept():
            dropout = self.modality_dropout
            data = gather(windows, transformer, target, groups, dropout)
            net = self._train(data, training, held_out, self.freeze)
            check_end(net, outcome="the estimator is as before.")
            calibration = self._calibrate(data, net.module_, held_out)
        fitted = self._fitted_attributes(transformer, target, net)
        network = self._rebuilt(fitted)
        self.__dict__.pop("feature_names_in_", None)
        self.__dict__.update(fitted, **calibration, _network=network)
        return self

    def _fitted_attributes(
        self, transformer: CroSSLTransformer, target: Target, net: FineTuningNet
    ) -> dict[str, Any]:
        # The summary is not fine-tuned, and the transformer has its weights.
        arrays = module_to_arrays(net.module_)
        epochs = history(net)
        return {
            **feature_attributes_of(transformer),
            **target.attributes,
            "transformer_": transformer,
            "modalities_": transformer.modalities_,
            "history_": epochs,
            "n_iter_": len(epochs),
            "_n_outputs": target.n_outputs,
            "_weights": {n: w for n, w in arrays.items() if not n.startswith("summary.")},
        }

    def _outputs(self, X: ArrayLike) -> np.ndarray:
        """Compute the head's outputs for windows, (n_windows, n_outputs)."""
        check_is_fitted(self)
        transformer = self.transformer_
        windows = _read(X, transformer, self)
        outputs = np.empty((len(windows), self._n_outputs), windows.dtype)
        for rows, _, of_rows, _ in embed(
            self._fitted_network(),
            windows,
            transformer.mean_,
            transformer.scale_,
            transformer._learnt["code_means"],
            resolve_device(transformer.device),
            summarize=True,
        ):
            outputs[rows] = of_rows
        return outputs

    def _prepare(
        self, X: ArrayLike, random_state: np.random.RandomState
    ) -> tuple[CroSSLTransformer, Windows]:
        """Take the transformer that was given, or a new one, and read the windows."""
        if self.pretrained is not None:
            if not self.pretrain:
                raise ValueError(
                    "pretrained= is given and pretrain=False; leave one out."
                )
            # A search clones its candidates; inside FrozenEstimator they stay fitted.
            pretrained: Any = getattr(self.pretrained, "estimator", self.pretrained)
            if not isinstance(pretrained, CroSSLTransformer):
                what = type(pretrained).__name__
                raise TypeError(f"pretrained is a {what}; expected a CroSSLTransformer.")
            check_is_fitted(
                pretrained,
                msg="pretrained is not fitted; fit it, or pass it as `transformer` to "
                "have it fitted on the windows that this estimator is fitted on.",
            )
            copied = copy.copy(pretrained)  # the caller may fit it again
            return copied, _read(X, copied, copied, min_windows=2)
        transformer = clone(self.transformer or CroSSLTransformer())
        transformer._validate_params()
        if transformer.random_state is None:
            seed = random_state.randint(np.iinfo(np.int32).max)
            transformer.set_params(random_state=seed)
        _, windows = read_for_fit(X, transformer.modalities, transformer.max_missing)
        return transformer, windows

    def _train(
        self,
        data: FineTuningData,
        training: np.ndarray,
        held_out: np.ndarray | None,
        freeze: str | None,
        *,
        auxiliary: bool = False,
    ) -> FineTuningNet:
        transformer, target = data.transformer, data.target
        network = self._new_network(transformer, target.n_outputs, freeze)
        features = data.views.features
        if features is not None:
            known = target.outputs[training], target.weight[training]
            network.fit_ridge(features[training], *known)
        return fine_tune(
            network,
            data.choose(training),
            None if held_out is None else data.choose(held_out),
            target.loss,
            device=data.device,
            autocast=autocast_dtype(transformer.precision, data.device),
            max_epochs=EPOCHS.resolve(self.max_epochs, len(training), self.batch_size),
            batch_size=self.batch_size,
            lr=self.lr,
            head_lr=self.head_lr,
            weight_decay=self.weight_decay,
            gradual_unfreezing=self.gradual_unfreezing,
            patience=self.patience,
            callbacks=() if auxiliary else self.callbacks or (),
            verbose=0 if auxiliary else self.verbose,
        )

    def _new_network(
        self, transformer: CroSSLTransformer, n_outputs: int, freeze: str | None
    ) -> FineTunedNetwork:
        """Put a new head on the pretrained network."""
        config = transformer._embedding_config(vars(transformer))
        network = FineTunedNetwork(n_outputs, self.dropout, freeze, **config)
        arrays_to_module(transformer._learnt["weights"], network, strict=False)
        return network

    def _rebuilt(self, fitted: Mapping[str, Any]) -> FineTunedNetwork:
        transformer = fitted["transformer_"]
        config = transformer._embedding_config(vars(transformer))
        config.update(n_outputs=fitted["_n_outputs"], dropout=0.0, freeze=None)
        weights = {**transformer._learnt["weights"], **fitted["_weights"]}
        return build_for_embedding(FineTunedNetwork, config, weights)

    @property
    def _names_modalities(self) -> bool:
        """Whether X has names, so that a list has an array for each modality."""
        return self.transformer_._form.array_shape is None

    def __sklearn_clone__(self) -> Any:
        """Clone the parameters, but keep ``pretrained`` fitted."""
        copied = super().__sklearn_clone__()
        copied.pretrained = copy.copy(self.pretrained)  # set_params leaves ours alone
        return copied

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


def _read(
    X: ArrayLike,
    transformer: CroSSLTransformer,
    fitted: BaseEstimator,
    min_windows: int = 1,
) -> Windows:
    """Read windows of the transformer's form; names are those that ``fitted`` has."""
    check_names(fitted, X, transformer._form)
    windows = transformer._read(X, min_windows)
    check_any_observed(windows, "Leave them out: there is nothing to predict from.")
    return windows
