"""CroSSLRegressor: pretrain on all windows, fine-tune on those with a target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin, _fit_context

from ._partly_labelled import PartlyLabelledMixin
from ._supervised import BaseFineTuner
from ._targets import Target, continuous_target

__all__ = ["CroSSLRegressor"]


class CroSSLRegressor(PartlyLabelledMixin, RegressorMixin, BaseFineTuner):
    """Pretrain by CroSSL on all windows, then fine-tune on those with a target.

    Works like :class:`CroSSLClassifier`, with one continuous target and squared error.

    Parameters
    ----------
    transformer : CroSSLTransformer, default=None
        How to pretrain, and which channels belong to which modality; not fitted. None is
        ``CroSSLTransformer()``. Its ``device``, ``precision`` and ``max_missing`` also
        apply to fine-tuning; its ``output`` does not matter.
    pretrained : fitted CroSSLTransformer, default=None
        Used instead of pretraining, and not changed. Clones of this estimator keep it
        fitted; to search over several, wrap each in a ``FrozenEstimator``.
    pretrain : bool, default=True
        False starts from random weights, to see what pretraining contributes; the
        summary, which takes no training, is still learnt from all windows.
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
    max_epochs : int or "auto", default="auto"
        Passes over the labelled windows; "auto" means enough for 300 gradient steps, and
        at least 10.
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
        ``patience`` epochs, and restore the best weights. If labels are few, each one is
        worth more in training, so by default none are held out.
    validation_fraction : float, default=0.2
        Share held out: of the groups, if ``fit`` is given any, so that no subject is on
        both sides; else of the labelled windows.
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
    target_mean_, target_scale_ : float
        Mean and standard deviation of the targets, by which they are standardised.
    transformer_ : CroSSLTransformer
        The pretrained transformer.
    modalities_ : dict of str to tuple of int
        The channels of each modality.
    history_ : list of dict
        For each epoch of fine-tuning: ``epoch``, ``train_loss``, ``dur`` in seconds and,
        with ``early_stopping``, ``valid_loss``.
    n_iter_ : int
        Epochs of fine-tuning.
    n_features_in_ : int
        Number of channels of X, or of timepoints if X is 2-D.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where fit saw a data frame with string columns.

    See Also
    --------
    CroSSLClassifier : The same for classes.
    CroSSLTransformer : The embedding alone, for a regressor of your own.

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
    >>> from sklearn_crossl import CroSSLRegressor, CroSSLTransformer
    >>> rng = np.random.default_rng(0)
    >>> y = rng.uniform(size=40)
    >>> X = rng.normal(size=(40, 4, 32)) + y[:, None, None]
    >>> y[:30] = np.nan  # 30 windows have no target
    >>> regressor = CroSSLRegressor(CroSSLTransformer([3, 1], max_epochs=2))
    >>> regressor.fit(X, y).predict(X).shape
    (40,)
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: ArrayLike, groups: Any = None, sample_weight: Any = None
    ) -> CroSSLRegressor:
        """Pretrain on all windows and fine-tune on those with a target.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Training windows, as in :class:`~sklearn_crossl.CroSSLTransformer`.
        y : array-like of shape (n_windows,)
            Targets; NaN says that a window has none.
        groups : array-like of shape (n_windows,), default=None
            Such as subjects, for pretraining and to hold out whole groups of windows.
        sample_weight : array-like of shape (n_windows,), default=None
            Relative weight of each window with a target in fine-tuning.

        Returns
        -------
        CroSSLRegressor
            This estimator.

        Raises
        ------
        ValueError
            If a parameter, X or y is not as described, or training diverges in the first
            epoch. What was fitted before is kept.
        """
        return self._fit(X, y, groups, sample_weight)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the target.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows of the same form as in fit; sensors may be missing.

        Returns
        -------
        ndarray of shape (n_windows,)
            The targets.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If X has the wrong type, such as an array where fit had a mapping.
        ValueError
            If X differs in form from what was fitted, holds infinities, or has windows
            without any modality.
        """
        outputs = self._outputs(X)[:, 0].astype(np.float64)  # the mean may be large
        return outputs * self.target_scale_ + self.target_mean_

    def _encode(self, y: Any, sample_weight: Any) -> Target:
        return continuous_target(y, sample_weight)
