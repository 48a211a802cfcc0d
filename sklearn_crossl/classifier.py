"""CroSSLClassifier: pretrain on all windows, fine-tune on those with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from ._calibration import learn_temperature
from ._finetuning import FineTunedNetwork
from ._finetuning_data import FineTuningData
from ._partly_labelled import PartlyLabelledMixin
from ._supervised import BaseFineTuner
from ._targets import Target, class_target
from .transformer import CroSSLTransformer

__all__ = ["CroSSLClassifier"]


class CroSSLClassifier(PartlyLabelledMixin, ClassifierMixin, BaseFineTuner):
    """Pretrain by CroSSL on all windows, then fine-tune on those with labels.

    A linear head on the global embedding and the summary is trained together with the
    aggregator and the encoders, on labelled windows, held in memory, with all sensors and
    with some dropped. The more labels, the more a ridge regression on all features of the
    summary contributes. Predicting raises NotFittedError before ``fit``, and TypeError or
    ValueError if X has another form, infinities, or windows without any modality.

    Parameters
    ----------
    transformer : CroSSLTransformer, default=None
        How to pretrain, and which channels belong to which modality. None is
        ``CroSSLTransformer()``; to search over ``transformer__lr`` and the like, pass
        one. Its ``device``, ``precision`` and ``max_missing`` also apply to fine-tuning.
    pretrained : fitted CroSSLTransformer, default=None
        Used instead of pretraining, and not changed. Clones of this estimator keep it
        fitted; to search over several, wrap each in a ``FrozenEstimator``.
    pretrain : bool, default=True
        False starts from random weights, for comparison; the summary is still learnt.
    freeze : {"encoder", "all"} or None, default=None
        Which part of the pretrained network is not trained: the encoders, or also the
        aggregator, so that only the head is, many times faster. None trains everything.
    gradual_unfreezing : bool, default=True
        Whether to train only the head for a fifth of the epochs, then the head and the
        aggregator for another fifth, and only then the encoders as well.
    modality_dropout : float or pair of float, default=(0.1, 0.9)
        Share of a window's sensors that are hidden in a second view of it in training, or
        a range from which the share is drawn. It makes predictions robust to missing
        sensors. Every view keeps at least one sensor. 0 turns it off.
    dropout : float, default=0.3
        Dropout rate of the head's input in training.
    label_smoothing : float, default=0.1
        Share of each label that is spread over all classes. Without it, a head with many
        inputs becomes overconfident with few labels, and the macro-F1 falls by points.
    calibrate : bool, default=True
        Whether to divide the logits by a temperature, so that about 80 % of the windows
        predicted with probability 0.8 are predicted correctly. It is learnt from windows
        held out by ``early_stopping``, else by three-fold cross-validation of the head,
        split by any ``groups``. It is 1 if a class has one label or a fold diverges.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes. "balanced" gives all classes the same total weight.
    max_epochs : int or "auto", default="auto"
        Passes over the labelled windows; "auto": enough for 300 gradient steps, at least
        10.
    batch_size : int, default=64
        Maximum number of windows in a gradient step.
    lr : float, default=1e-4
        Peak learning rate of the pretrained network, with a one-cycle schedule. Higher
        rates do harm with few labels; with random initial weights, 1e-3 is better.
    head_lr : float, default=3e-3
        Peak learning rate of the head, whose weights start at zero.
    weight_decay : float, default=1e-2
        Passed to AdamW.
    early_stopping : bool, default=False
        Whether to hold out labelled windows, stop when their loss has not fallen for
        ``patience`` epochs, and restore the best weights. With few labels, train on all.
    validation_fraction : float, default=0.2
        Share held out: of the groups, if ``fit`` is given any, else of labelled windows.
    patience : int, default=10
        Epochs without a lower validation loss after which training stops.
    callbacks : list of skorch callbacks, default=None
        Copies are passed to skorch for fine-tuning.
    verbose : int, default=0
        1 shows a progress bar of fine-tuning.
    random_state : int, RandomState instance or None, default=None
        Determines the fine-tuning, and the pretraining if ``transformer`` has no
        ``random_state`` of its own. An int gives bitwise equal results on the same CPU.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    temperature_ : float
        What the logits are divided by.
    transformer_ : CroSSLTransformer
        The pretrained transformer.
    modalities_ : dict of str to tuple of int
        The channels of each modality.
    history_ : list of dict
        For each epoch ``epoch``, ``train_loss``, ``dur`` in seconds, any ``valid_loss``.
    n_iter_ : int
        Epochs of fine-tuning.
    n_features_in_ : int
        Number of channels of X, or of timepoints if X is 2-D.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where fit saw a data frame with string columns.

    See Also
    --------
    CroSSLRegressor : The same for a continuous target.
    CroSSLTransformer : The embedding alone, for a classifier of your own.

    References
    ----------
    Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for Time-series through
    Latent Masking", WSDM 2024, arXiv:2307.16847.
    Howard, Ruder, "Universal Language Model Fine-tuning for Text Classification",
    ACL 2018, arXiv:1801.06146, section 3.3 (gradual unfreezing).
    Neverova et al., "ModDrop: Adaptive Multi-Modal Gesture Recognition", TPAMI 2016,
    arXiv:1501.00102 (modality dropout).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
    >>> X = np.random.default_rng(0).normal(size=(40, 4, 32))
    >>> y = np.repeat([-1, 3, 4], [30, 5, 5])  # 30 windows have no label
    >>> transformer = CroSSLTransformer({"acc": slice(0, 3), "heart": 3}, max_epochs=2)
    >>> CroSSLClassifier(transformer, random_state=0).fit(X, y).classes_
    array([3, 4])
    """

    _parameter_constraints: dict = {
        **BaseFineTuner._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "calibrate": ["boolean"],
        "class_weight": [Mapping, StrOptions({"balanced"}), None],
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
        label_smoothing: float = 0.1,
        calibrate: bool = True,
        class_weight: Any = None,
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
        super().__init__(
            transformer,
            pretrained=pretrained,
            pretrain=pretrain,
            freeze=freeze,
            gradual_unfreezing=gradual_unfreezing,
            modality_dropout=modality_dropout,
            dropout=dropout,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            head_lr=head_lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            callbacks=callbacks,
            verbose=verbose,
            random_state=random_state,
        )
        self.label_smoothing = label_smoothing
        self.calibrate = calibrate
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: ArrayLike, groups: Any = None, sample_weight: Any = None
    ) -> CroSSLClassifier:
        """Pretrain on all windows and fine-tune on those with labels.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Training windows, as in :class:`~sklearn_crossl.CroSSLTransformer`.
        y : array-like of shape (n_windows,)
            Labels; -1, NaN or None mean none. If 1 is the only other label, -1 is one.
        groups : array-like of shape (n_windows,), default=None
            Such as subjects, for pretraining and to hold out whole groups of windows.
        sample_weight : array-like of shape (n_windows,), default=None
            Relative weight of each labelled window in fine-tuning.

        Returns
        -------
        CroSSLClassifier
            This estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not as described, there are fewer than two classes,
            or training diverges in the first epoch. What was fitted before is kept.
        """
        return self._fit(X, y, groups, sample_weight)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Estimate the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows of the same form as in fit; sensors may be missing.

        Returns
        -------
        ndarray of shape (n_windows, n_classes)
            Probabilities in the order of ``classes_``.
        """
        return softmax(self._outputs(X) / self.temperature_, axis=1)

    def predict_log_proba(self, X: ArrayLike) -> np.ndarray:
        """Estimate the logarithms of the classes' probabilities.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows of the same form as in fit; sensors may be missing.

        Returns
        -------
        ndarray of shape (n_windows, n_classes)
            Logarithms in the order of ``classes_``, finite however unlikely a class is.
        """
        return log_softmax(self._outputs(X) / self.temperature_, axis=1)

    def decision_function(self, X: ArrayLike) -> np.ndarray:
        """Compute the logits of the classes, divided by the temperature.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows of the same form as in fit; sensors may be missing.

        Returns
        -------
        ndarray of shape (n_windows, n_classes)
            Logits by ``classes_``; for two classes, second minus first, (n_windows,).
        """
        logits = self._outputs(X) / self.temperature_
        return logits if logits.shape[1] > 2 else logits[:, 1] - logits[:, 0]

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the most likely class.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows of the same form as in fit; sensors may be missing.

        Returns
        -------
        ndarray of shape (n_windows,)
            Class labels.
        """
        logits = self._outputs(X)
        return self.classes_[logits.argmax(axis=1)]

    def _encode(self, y: Any, sample_weight: Any) -> Target:
        return class_target(y, self.class_weight, self.label_smoothing, sample_weight)

    def _calibrate(
        self, data: FineTuningData, network: FineTunedNetwork, held_out: Any
    ) -> dict[str, Any]:
        if not self.calibrate:
            return {"temperature_": 1.0}
        head_alone: Any = {"held_out": None, "freeze": "all", "auxiliary": True}
        train_head = partial(self._train, data, **head_alone)
        return {"temperature_": learn_temperature(data, network, held_out, train_head)}
