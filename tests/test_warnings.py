"""Warnings point at the line of the user's that caused them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import make_windows
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl._warnings import warn
from sklearn_crossl.segmentation import sliding_windows
from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier

X, Y = make_windows(24)


def transformer(**params):
    return CroSSLTransformer(max_epochs=1, summary_size=0, random_state=0, **params)


def classifier():
    return CroSSLClassifier(transformer(), max_epochs=1, random_state=0)


class Stop(Callback):
    """Interrupts the training, as a user would."""

    def on_epoch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def self_training():
    return GroupSelfTrainingClassifier(LogisticRegression())


def irregular():
    times = pd.to_timedelta(np.arange(64) / 8, "s")
    return {"acc": pd.DataFrame(np.ones((64, 1)), index=times)}


CALLS = {
    "fit": lambda: transformer(modalities={"a": 0}).fit(X.transpose(0, 2, 1)),
    "fit of a pipeline": lambda: make_pipeline(transformer(callbacks=[Stop()])).fit(X),
    "fit of a classifier": lambda: classifier().fit(X, 2 * Y - 1),
    "self-training": lambda: self_training().fit(X[:, 0], 2 * Y - 1),
    "sliding_windows": lambda: sliding_windows({"a": np.ones((99, 9))}, {"a": 1}, 2, 2),
    "sliding_windows of times": lambda: sliding_windows(irregular(), {"acc": 4}, 2, 2),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_warning_is_of_the_line_that_called_the_package(name):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        CALLS[name]()
    assert found
    assert {warning.filename for warning in found} == {__file__}


def test_a_warning_of_our_own_is_of_the_class_asked_for():
    with pytest.warns(ConvergenceWarning, match="^slow$") as found:
        warn("slow", ConvergenceWarning)
    assert found[0].filename == __file__
