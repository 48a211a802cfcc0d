"""CroSSLRegressor: pretrain on all windows, fine-tune on those with a target."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import _fit_context

from ._partial_scores import PartlyLabelledRegressorMixin
from ._supervised import FineTuned
from ._targets import Target, continuous_target

__all__ = ["CroSSLRegressor"]


class CroSSLRegressor(PartlyLabelledRegressorMixin, FineTuned):
    """Pretrain by CroSSL on all windows, then fine-tune on those with a target.

    As :class:`CroSSLClassifier`, with one continuous target and the squared error.

    Parameters
    ----------
    transformer : CroSSLTransformer, default=None
        How to pretrain, and which channels belong to which modality; not fitted. None is
        ``CroSSLTransformer()``. Its ``device``, ``precision`` and ``max_missing`` hold
        for fine-tuning too; its ``output`` does not matter.
    pretrained : fitted CroSSLTransformer, default=None
        Used as it is, in place of pretraining, and not changed. Clones of this estimator
        keep it fitted; to search over several, wrap each in a ``FrozenEstimator``.
    pretrain : bool, default=True
        False starts from random weights, to see what pretraining is worth; the summary,
        which takes no training, is still learnt from all windows.
    freeze : {"encoder", "all"} or None, default=None
        What of the pretrained network stays as it is: the encoders, or the aggregator
        too, so that the head alone learns, many times faster. None fine-tunes everything.
    gradual_unfreezing : bool, default=True
        Whether the head learns alone for a fifth of the epochs, and then with the
        aggregator for another, before the encoders join in.
    modality_dropout : float or pair of float, default=(0.1, 0.9)
        Share of a window's sensors hidden in a second view of it that the head learns
        from as well, or a range that it is drawn from, so that sensors missing at
        prediction do little harm. Every view keeps at least one. 0 leaves it out.
    dropout : float, default=0.3
        Share of the embedding's units that the head does not see in a training step.
    max_epochs : int or "auto", default="auto"
        Passes over the labelled windows. "auto" is enough for 300 steps, and 10 at
        least.
    batch_size : int, default=64
        Windows per step at most.
    lr : float, default=1e-4
        Peak learning rate of the pretrained network; it rises and falls once. A higher
        one does harm with few labels; from random weights 1e-3 is better.
    head_lr : float, default=3e-3
        That of the head, which starts from zero.
    weight_decay : float, default=1e-2
        Passed to AdamW.
    early_stopping : bool, default=False
        Whether to hold labelled windows out, stop when their loss has not fallen for
        ``patience`` epochs and go back to the best. With few labels each is worth more
        in training, so by default none is held out.
    validation_fraction : float, default=0.2
        Share held out: of the groups, if ``fit`` is given any, so that no subject is on
        both sides; else of the labelled windows.
    patience : int, default=10
        Epochs without a lower validation loss after which training stops.
    callbacks : list of skorch callbacks, default=None
        Passed on to skorch for fine-tuning, as copies.
    verbose : int, default=0
        1 shows a progress bar of fine-tuning.
    random_state : int, RandomState instance or None, default=None
        Determines the fine-tuning, and the pretraining if ``transformer`` has no
        ``random_state`` of its own. An int gives the same bits on the same CPU.

    Attributes
    ----------
    target_mean_, target_scale_ : float
        Mean and standard deviation of the targets, which the network learns standardised.
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
        Channels of X; timepoints of a 2-D one.
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
            Such as subjects: pretraining is told of them, and none is partly held out.
        sample_weight : array-like of shape (n_windows,), default=None
            How much each window with a target counts beside the others, in fine-tuning.

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
        outputs = self._outputs(X)[:, 0].astype(np.float64)  # a mean may be large
        return outputs * self.target_scale_ + self.target_mean_

    def _encode(self, y: Any, sample_weight: Any) -> Target:
        return continuous_target(y, sample_weight)
