"""scikit-learn's own checks, all of them, over every public estimator."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_crossl import CroSSLClassifier, CroSSLRegressor, CroSSLTransformer
from sklearn_crossl.aggregators import AGGREGATORS
from sklearn_crossl.encoders import ENCODERS
from sklearn_crossl.objectives import OBJECTIVES
from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier

STAGES = {"encoder": ENCODERS, "aggregator": AGGREGATORS, "objective": OBJECTIVES}
DEFAULTS = CroSSLTransformer().get_params()
NEEDS_TWO_MODALITIES = ("cocoa",)  # the checks' 2-D X has one, and that is an error
OTHER_STAGES = [
    {role: name}
    for role, registry in STAGES.items()
    for name in registry
    if name != DEFAULTS[role] and name not in NEEDS_TWO_MODALITIES
]
SMALL = {"max_epochs": 2, "random_state": 0}
BRIEF = CroSSLTransformer(max_epochs=2)

ESTIMATORS = [
    CroSSLTransformer(),
    CroSSLTransformer(masking="temporal", output="all", **SMALL),
    CroSSLTransformer(masking="random", output="modalities", **SMALL),
    *(CroSSLTransformer(**stage, **SMALL) for stage in OTHER_STAGES),
    CroSSLClassifier(BRIEF, **SMALL),
    CroSSLClassifier(BRIEF, freeze="encoder", early_stopping=True, **SMALL),
    CroSSLRegressor(BRIEF, max_epochs=10, random_state=0),
    GroupSelfTrainingClassifier(LogisticRegression(max_iter=200)),
]


def expected_to_fail(estimator):
    """Name the check that cannot pass, for the same reason as with MLPClassifier."""
    if not hasattr(estimator, "freeze"):
        return {}
    reason = "a window of weight 2 is one in a batch, two windows are two"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


# A check has the classes -1 and 1.
@pytest.mark.filterwarnings("ignore:y has no labels but -1 and 1")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_to_fail)
def test_estimator_checks(estimator, check):
    check(estimator)


# Some of these fit on a data frame and transform an array, or the reverse.
@pytest.mark.filterwarnings(
    "ignore:X (does not have valid|has) feature names:UserWarning"
)
@pytest.mark.parametrize(
    "check",
    [
        checks.check_set_output_transform,
        checks.check_set_output_transform_pandas,
        checks.check_set_output_transform_polars,
        checks.check_global_output_transform_pandas,
        checks.check_global_set_output_transform_polars,
        checks.check_transformer_get_feature_names_out,
        checks.check_transformer_get_feature_names_out_pandas,
        checks.check_dataframe_column_names_consistency,
        checks.check_param_validation,
    ],
    ids=lambda check: check.__name__,
)
def test_checks_that_check_estimator_leaves_out(check):
    check("CroSSLTransformer", CroSSLTransformer(**SMALL))


@pytest.mark.parametrize(
    "check",
    [checks.check_dataframe_column_names_consistency, checks.check_param_validation],
    ids=lambda check: check.__name__,
)
@pytest.mark.parametrize(
    "estimator",
    [
        CroSSLClassifier(BRIEF, **SMALL),
        CroSSLRegressor(BRIEF, **SMALL),
        GroupSelfTrainingClassifier(LogisticRegression()),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_checks_that_check_estimator_leaves_out_of_predictors(check, estimator):
    check(type(estimator).__name__, estimator)
