"""Learning from windows without labels after the embedding: self-training by group."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn import clone, get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, _fit_context
from sklearn.utils import get_tags, indexable
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_method_params, check_is_fitted

from ._groups import group_numbers
from ._names import feature_attributes_of
from ._partly_labelled import PartlyLabelledMixin, partly_labelled_scorer
from ._pseudo_labels import most_confident, rescale_to_priors
from ._rows import check_same_length, take_windows
from ._targets import check_y_given, labels_at, read_classes

__all__ = ["GroupSelfTrainingClassifier", "partly_labelled_scorer"]


class GroupSelfTrainingClassifier(
    PartlyLabelledMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Self-training that gives pseudo-labels to windows of every group, such as a person.

    A classifier is fitted on the labelled windows. In each group it then labels a share
    of the windows of each predicted class, the most confident ones, and is fitted again
    on these, too. This is repeated with a larger share. Without groups, most new labels
    would go to people who have labels, on whom the classifier is most confident.

    Parameters
    ----------
    estimator : classifier
        With ``predict_proba``; clones are fitted. A linear model on an embedding, say.
    share : float, default=0.6
        Share of a group's windows predicted as a class that get its label in the last
        round. At least one does, so groups should have many windows.
    n_rounds : int, default=2
        How often windows are labelled and the estimator is fitted again. The share grows
        in equal steps, as the classifier becomes better.
    max_weight : float, default=2.0
        Limit of the factor by which a class's probabilities are rescaled, over all
        windows and again in each group, to bring its share closer to that among the given
        labels. 1 leaves them as they are. Higher values are better if everybody did
        everything, and worse if people lack classes.

    Attributes
    ----------
    estimator_ : classifier
        The one fitted last.
    classes_ : ndarray of shape (n_classes,)
        The classes.
    transduction_ : ndarray of shape (n_windows,)
        The label that each window of ``fit`` had or was given; where it has none, -1, or
        None if the classes are not numbers or include -1.
    n_features_in_ : int
        Where ``estimator_`` has it.
    feature_names_in_ : ndarray of str
        Where ``estimator_`` has them.

    See Also
    --------
    sklearn.semi_supervised.SelfTrainingClassifier : Knows no groups; has a threshold.
    CroSSLClassifier : Learns from windows without labels by pretraining.

    References
    ----------
    Zou, Yu, Kumar, Wang, "Unsupervised Domain Adaptation for Semantic Segmentation via
    Class-Balanced Self-Training", ECCV 2018, arXiv:1810.07911, section 4 (a share of each
    class); here of each class and group.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier
    >>> rng = np.random.default_rng(0)
    >>> person, activity = np.repeat([0, 1, 2], 40), np.tile([0, 1], 60)
    >>> Z = np.c_[3 * activity + person, np.zeros(120)]  # an embedding
    >>> Z += rng.normal(scale=[0.3, 1.0], size=Z.shape)
    >>> y = np.full(120, -1)
    >>> y[:6] = activity[:6]  # the first person has six labels, the others have none
    >>> round(LogisticRegression().fit(Z[:6], y[:6]).score(Z, activity), 1)
    0.8
    >>> classifier = GroupSelfTrainingClassifier(LogisticRegression())
    >>> classifier.fit(Z, y, groups=person).score(Z, activity) > 0.9
    True
    """

    #: Whether ``fit`` learns from windows without labels, too.
    accepts_unlabeled = True

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict", "predict_proba"])],
        "share": [Interval(Real, 0, 1, closed="right")],
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
        "max_weight": [Interval(Real, 1, None, closed="left")],
    }

    def __init__(
        self,
        estimator: Any,
        *,
        share: float = 0.6,
        n_rounds: int = 2,
        max_weight: float = 2.0,
    ):
        self.estimator = estimator
        self.share = share
        self.n_rounds = n_rounds
        self.max_weight = max_weight

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X: Any, y: ArrayLike, groups: ArrayLike | None = None, **params: Any
    ) -> GroupSelfTrainingClassifier:
        """Fit the estimator, label windows, fit it again, and so on.

        Parameters
        ----------
        X : object of n_windows rows
            Whatever ``estimator`` takes: an embedding, features, or windows.
        y : array-like of shape (n_windows,)
            Classes; -1, NaN or None where there is no label, as in
            :class:`~sklearn_crossl.CroSSLClassifier`.
        groups : array-like of shape (n_windows,), default=None
            The group of each window. None treats all windows as one group. With metadata
            routing the estimator gets them, too, if it requests them.
        **params : dict
            Metadata that the estimator requests, for the windows that it is fitted on.

        Returns
        -------
        GroupSelfTrainingClassifier
            Itself.

        Raises
        ------
        ValueError
            If labels are of fewer than two classes, lengths differ, or one has no group.
        UnsetMetadataPassedError
            If metadata is passed for which the estimator's request is not set.
        """
        check_y_given(self, y)
        labelled, classes, positions = read_classes(y)
        n_windows, (X,) = len(labelled), indexable(X)
        check_same_length(X, y=labelled)
        params = self._for_estimator(params, groups)
        groups = np.zeros(n_windows) if groups is None else groups
        index, given = group_numbers(groups, n_windows), np.full(n_windows, -1)
        given[labelled] = positions
        label, fitted = given, self._fit_labelled(X, classes, given, params)
        for step in range(0 if labelled.all() else self.n_rounds):
            share = self.share * (step + 1) / self.n_rounds
            label = self._label(fitted.predict_proba(X), given, index, share)
            fitted = self._fit_labelled(X, classes, label, params)
        self.estimator_, self.classes_ = fitted, classes
        self.transduction_ = labels_at(label, classes)
        for name in {"n_features_in_", "feature_names_in_"} & self.__dict__.keys():
            del self.__dict__[name]
        self.__dict__.update(feature_attributes_of(fitted))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_windows,)
            The classes.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict how likely each class is.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``fit``.

        Returns
        -------
        ndarray of shape (n_windows, n_classes)
            Probabilities, in the order of ``classes_``.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(lambda self: hasattr(self.estimator, "predict_log_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict the logarithms of the classes' probabilities, if the estimator can.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``predict``, with the same errors.

        Returns
        -------
        ndarray of shape (n_windows, n_classes)
            Logarithms, in the order of ``classes_``.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @available_if(lambda self: hasattr(self.estimator, "decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Compute the estimator's decision function, if it has one.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``predict``, with the same errors.

        Returns
        -------
        ndarray of shape (n_windows,) or (n_windows, n_classes)
            As ``estimator`` returns it.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    def _fit_labelled(
        self, X: Any, classes: np.ndarray, label: np.ndarray, params: dict[str, Any]
    ) -> Any:
        rows = np.flatnonzero(label >= 0)
        params = _check_method_params(label, params, indices=rows)
        X_labelled, y = take_windows(X, rows), classes[label[rows]]
        return clone(self.estimator).fit(X_labelled, y, **params)

    def _label(
        self, p: np.ndarray, given: np.ndarray, group_index: np.ndarray, share: float
    ) -> np.ndarray:
        """Add labels to a share of each group's unlabelled windows, by probabilities."""
        label = given.copy()
        shares = np.bincount(given[given >= 0]) / (given >= 0).sum()
        p = rescale_to_priors(p, shares, self.max_weight)
        for group in range(group_index.max() + 1):
            rows = np.flatnonzero(group_index == group)
            drawn = rescale_to_priors(p[rows], shares, self.max_weight)[given[rows] < 0]
            rows = rows[given[rows] < 0]
            chosen = most_confident(drawn, share)
            label[rows[chosen]] = drawn[chosen].argmax(axis=1)
        return label

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata is routed.

        Returns
        -------
        MetadataRouter
            ``fit`` takes ``groups``, and passes on what the estimator's ``fit`` requests.
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=to_fit)

    def _for_estimator(self, params: dict[str, Any], groups: Any) -> dict[str, Any]:
        _raise_for_params(params, self, "fit")
        if groups is not None:
            params = {**params, "groups": groups}
        if not params or not get_config()["enable_metadata_routing"]:
            return {}
        return process_routing(self, "fit", **params).estimator.fit

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
