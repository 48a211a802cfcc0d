"""The benchmark of the learnt embedding alone."""

import sys

import numpy as np
import pytest
from sklearn.metrics import f1_score

from benchmarks import few_labels
from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.encoders import TCNEncoder


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    level = y[:, None, None] + 0.3 * rng.normal(size=(90, 3, 16))
    y[::10] = 7  # no basic activity
    np.savez(
        tmp_path / "hapt.npz",
        x_acc=level.astype(np.float32),
        x_gyro=-level.astype(np.float32),
        y=y,
        official_test=np.arange(90) >= 60,
    )
    return tmp_path


def test_rows_are_means_over_seeds(folder, monkeypatch, capsys):
    small = {"max_epochs": 1, "encoder": TCNEncoder((8, 8), (5, 3)), "summary_size": 0}
    embedder = CroSSLTransformer(few_labels.MODALITIES, **small)
    monkeypatch.setattr(few_labels, "METHODS", {"default": embedder})
    arguments = ["few_labels", "--data", str(folder), "--seeds", "1", "2"]
    monkeypatch.setattr(sys, "argv", arguments)
    few_labels.main()
    head, _, of_global, of_codes = capsys.readouterr().out.splitlines()
    assert head.startswith("| method | 0.2% | 1.0% | 5.0% | 100.0% |")
    assert of_codes.startswith("| default, modalities (2) | ")

    data = few_labels.load_hapt(folder)
    assert set(data.y) == set(data.y_test) == {0, 1, 2}
    scores = []
    for seed in (1, 2):
        embedder.set_params(random_state=seed, output="global").fit(data.X)
        classifier = few_labels.fit_classifier(embedder.transform(data.X), data.y)
        predicted = classifier.predict(embedder.transform(data.X_test))
        scores.append(f1_score(data.y_test, predicted, average="macro"))
    cells = of_global.split(" | ")
    assert cells[0] == "| default, global (2)"
    assert cells[4] == f"{np.mean(scores):.3f}"
