"""What the benchmark of quality measures, and on whom."""

import functools
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import KFold

from benchmarks.quality import __main__ as command
from benchmarks.quality import (
    aeon_network,
    everybody,
    protocols,
    search,
    search_fine_tuning,
    self_training,
)
from benchmarks.quality import recordings as module
from benchmarks.quality.aeon_network import AeonNetwork
from benchmarks.quality.heads import SELF_TRAINING, chosen_by_subject, fit_head
from benchmarks.quality.methods import (
    Catch22,
    Components,
    Features,
    FineTuned,
    Ours,
    Rocket,
    Standardized,
    Statistics,
)
from benchmarks.quality.protocols import (
    LABELS,
    PROTOCOLS,
    SEEDS,
    applies,
    calibration_error,
    label_draws,
    run,
)
from benchmarks.quality.recordings import (
    load,
    search_split,
    standardize,
    without,
    without_pairs,
)
from benchmarks.quality.report import fine_tuning, write_report
from benchmarks.quality.scores import means, ranks, read
from benchmarks.quality.search import VARIANTS, Variant
from benchmarks.quality.supervised import SupervisedNetwork
from sklearn_crossl import CroSSLClassifier, CroSSLTransformer

NAME = "utd_mhad"


def windows(n=120, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    rate = (1 + y)[:, None, None] * np.arange(40) / 5
    x = np.sin(rate + rng.uniform(0, 6, size=(n, 1, 1))) + 0.2 * rng.normal(
        size=(n, 2, 40)
    )
    return {"a": x.astype(np.float32), "b": x[:, :1, ::2].astype(np.float32)}, y


@pytest.fixture
def folder(tmp_path):
    X, y = windows()
    np.savez(
        tmp_path / f"{NAME}.npz",
        y=y,
        subject=np.repeat(np.arange(10), 12),
        modalities=np.array(list(X)),
        **{f"x_{name}": x for name, x in X.items()},
    )
    return tmp_path


def test_nobody_is_searched_and_tested_on(folder):
    recordings = load(NAME, folder)
    assert len(recordings.tests[0]) == 3
    tested = [module.test_windows(recordings, split) for split in module.SPLITS]
    np.testing.assert_array_equal(tested[0], tested[1] | tested[2])
    assert not (tested[1] & tested[2]).any()
    for number in range(5):
        training, validation = search_split(recordings, number)
        assert not (tested[0] & (training | validation)).any()
        assert not np.intersect1d(
            recordings.subject[training], recordings.subject[validation]
        ).size


def test_all_subjects_of_an_unseen_set_are_tested_on_and_none_searched(folder):
    name = module.UNSEEN[0]
    (folder / f"{NAME}.npz").rename(folder / f"{name}.npz")
    recordings = load(name, folder)
    tested = [module.test_windows(recordings, split) for split in module.SPLITS]
    np.testing.assert_array_equal(np.sum(tested, axis=0), 1)
    given = ["--data", str(folder), "--out", str(folder), "--datasets", name]
    with pytest.raises(SystemExit):
        module.arguments_parser(None).parse_args(given)
    assert module.arguments_parser(None, module.UNSEEN).parse_args(given)


class Unsure:
    """Says "b" of every window, with the probabilities it was given."""

    classes_ = np.array(["a", "b"])

    def __init__(self, sure):
        self.sure = np.asarray(sure)

    def predict_proba(self, X):
        return np.stack([1 - self.sure, self.sure], axis=1)


def test_calibration_error():
    y = np.array(["b", "b", "b", "a"])
    assert calibration_error(Unsure([0.75] * 4), None, y) == 0
    assert calibration_error(Unsure([1.0] * 4), None, y) == pytest.approx(0.25)
    # one bin is right too often, another one too seldom
    errors = [0.6 - 1, 0.9 - 1, 0.9 - 1, 0.9 - 0]
    expected = (abs(errors[0]) + abs(sum(errors[1:]))) / 4
    assert calibration_error(Unsure([0.6, 0.9, 0.9, 0.9]), None, y) == pytest.approx(
        expected
    )


def test_labels_are_drawn_by_class():
    y = np.repeat([0, 1, 2], [100, 50, 2])
    counts = {}
    for labels, draw, rows in label_draws(y):
        assert len(set(rows)) == len(rows)
        counts.setdefault(labels, []).append(np.bincount(y[rows]).tolist())
        assert draw < 5
    assert counts["3 per class"] == [[3, 3, 2]] * 5
    assert counts["1 %"] == [[1, 1, 1]] * 5
    assert counts["100 %"] == [[100, 50, 2]]


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_pairs_are_removed_and_every_window_keeps_one(share):
    X, _ = windows()
    gone = np.stack(
        [np.isnan(x).all((1, 2)) for x in without_pairs(X, share, 0).values()]
    )
    assert gone.sum() == round(share * gone.size)
    assert not gone.all(axis=0).any()
    assert np.isnan(without(X, "b")["b"]).all()
    assert not np.isnan(X["b"]).any()


@pytest.mark.parametrize(
    "method", [Statistics(), Features(), Components(), Rocket(), Catch22()]
)
def test_a_baseline_sees_what_is_missing_at_its_mean(method):
    assert isinstance(method, Standardized)
    X, _ = windows()
    method.n_kernels = 200
    n_threads = torch.get_num_threads()
    method.fit(X, seed=0)
    at_mean = {"a": X["a"], "b": np.full_like(X["b"], X["b"].mean())}
    np.testing.assert_allclose(
        method.transform(without(X, "b")), method.transform(at_mean), atol=1e-4
    )
    assert torch.get_num_threads() == n_threads  # aeon's n_jobs sets them for all


@pytest.mark.parametrize(
    "method",
    [
        Statistics(),
        Ours(max_epochs=1, summary_size=16),
        Ours(by_subject=True, max_epochs=1, summary_size=16),
        SupervisedNetwork(least_steps=60),
        FineTuned(
            transformer=CroSSLTransformer(summary_size=16, max_epochs=1), max_epochs=5
        ),
    ],
    ids=["statistics", "ours", "subjects", "supervised", "fine-tuned"],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_is_measured(folder, method, protocol, monkeypatch):
    if not applies(protocol, method):
        assert protocol == "penalty"
        assert method.heads == ("network",)
        return
    monkeypatch.setattr(protocols, "DRAWS", 1)
    rows = list(run(load(NAME, folder), method, 0, protocol))
    measures = {row["measure"] for row in rows}
    if protocol == "labels":
        assert set(LABELS) < measures
        assert {"100 % without a", "100 % half missing"} < measures
        assert isinstance(method, FineTuned) == ("5 % calibration error" in measures)
    elif protocol == "seeds":
        seen = {(row["measure"], row["draw"], row["head"]) for row in rows}
        assert seen == {("100 %", s, head) for s in SEEDS for head in method.heads}
        assert len(rows) == len(seen)
    elif protocol == "penalty":
        seen = {(row["measure"], row["head"]) for row in rows}
        assert seen == {("100 %", h) for h in method.heads if h != SELF_TRAINING}
    else:
        assert f"{next(iter(LABELS))} half missing in training and test" in measures
    full = [row["value"] for row in rows if row["measure"].startswith("100 %")]
    assert max(full) > 0.6  # of three classes


@pytest.mark.parametrize("head", ["logistic", "ridge"])
def test_a_penalty_chosen_by_subject_does_not_fall_for_windows_that_are_alike(head):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1] * 12, 10)  # twelve subjects, twenty windows each
    subject = np.repeat(np.arange(12), 20)
    signal = np.repeat(rng.normal(size=(24, 40)), 10, axis=0)
    signal[:, 0] += 3 * y
    X = signal + 0.01 * rng.normal(size=signal.shape)  # ten windows are nearly the same
    strength = {"logistic": "logisticregression__C", "ridge": "ridgeclassifier__alpha"}
    by_subject = chosen_by_subject(head).fit(X, y, groups=subject)
    at_random = clone(by_subject).set_params(cv=KFold(3, shuffle=True, random_state=0))
    chosen = [m.best_params_[strength[head]] for m in (by_subject, at_random.fit(X, y))]
    # What tells apart the windows of one subject is of no use for another.
    assert (chosen[0] < chosen[1]) if head == "logistic" else (chosen[0] > chosen[1])


def test_self_training_is_told_of_all_windows_and_knows_no_other_labels():
    rng = np.random.default_rng(0)
    y, subject = np.tile([0, 1, 2], 40), np.repeat(np.arange(6), 20)
    Z = rng.normal(size=(120, 4)) + 3 * np.eye(4)[y] + 0.5 * subject[:, None]
    rows = np.arange(6)
    other = np.where(np.arange(120) < 6, y, 2 - y)  # the first labels are the same
    fitted = [fit_head(SELF_TRAINING, Z, of, rows, subject) for of in (y, other)]
    np.testing.assert_array_equal(fitted[0].predict(Z), fitted[1].predict(Z))
    labelled = fitted[0][-1].transduction_ >= 0
    assert set(subject[labelled]) == set(subject)
    supervised = fit_head("logistic", Z, y, rows, subject)
    assert np.mean(fitted[0].predict(Z) == y) > np.mean(supervised.predict(Z) == y)


def test_only_methods_that_are_told_use_the_subjects():
    X, y = windows()
    subject = np.arange(len(y)) % 3
    few = {"max_epochs": 1, "summary_size": 16}
    told, untold = Ours(by_subject=True, **few), Ours(**few)
    tuned = FineTuned(transformer=CroSSLTransformer(**few), by_subject=True)
    for method in (told, untold, tuned):
        method.fit(X, 0, subject)
    Z = told.transform(X)
    assert not np.allclose(untold.transform(X), Z)
    np.testing.assert_array_equal(tuned.fixed["pretrained"].transform(X), Z)


def test_the_features_are_those_that_the_summary_compresses():
    X, _ = windows()
    method = Features()
    method.fit(X, seed=0)
    features = torch.from_numpy(method.transform(X))
    summary = method.summary
    complete = torch.ones(len(features), len(X), dtype=torch.bool)
    components = summary.pca.components(summary.pca.project(features), complete)
    embedder = CroSSLTransformer(random_state=0)._initialize(
        standardize(X, method.moments)
    )
    np.testing.assert_allclose(
        embedder.transform(standardize(X, method.moments))[:, -summary.size :],
        summary(components).detach(),
        atol=1e-4,
    )


def test_a_network_of_one_rate_sees_all_modalities():
    x = np.arange(12, dtype=float).reshape(2, 1, 6)
    X = {"fast": x, "slow": np.stack([x[0, :, ::5], np.full((1, 2), np.nan)])}
    method = AeonNetwork()
    method.fit(X, seed=0)
    stacked = method.stacked(X)
    assert stacked.shape == (2, 2, 6)
    np.testing.assert_allclose(stacked[:, :1], (x - x.mean()) / x.std(), rtol=1e-5)
    np.testing.assert_allclose(stacked[0, 1], np.linspace(-1, 1, 6), rtol=1e-5)
    assert not stacked[1, 1].any()  # missing: at the mean


# Keras makes arrays of TensorFlow's tensors, which do not know NumPy 2's ``copy``.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_network_of_aeon(monkeypatch):
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(aeon_network, "STEPS", 300)
    X, y = windows()
    method = AeonNetwork()
    method.fit(X, seed=0)
    predict = method.train(X, y)
    assert np.mean(predict(X) == y) > 0.6


def test_sets_that_are_not_there_are_left_out(folder, capsys):
    assert module.found((NAME, "hapt"), folder) == [NAME]
    assert "hapt.npz is not there: hapt is left out" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="has none of hapt, dsads as .npz"):
        module.found(("hapt", "dsads"), folder)


def test_results_are_resumed_and_reported(folder, monkeypatch, capsys):
    small = {
        "CroSSLTransformer": Ours(max_epochs=1, summary_size=16),
        "statistics": Statistics(),
    }
    monkeypatch.setattr(command, "METHODS", small)
    arguments = ["--data", str(folder), "--out", str(folder / "out")]
    arguments += ["--datasets", NAME, "--splits", "0", "1"]
    monkeypatch.setattr(sys, "argv", ["quality", *arguments])
    command.main()
    results = folder / "out" / "results.csv"
    before = results.read_text()
    assert len(capsys.readouterr().out.splitlines()) == 2 * 2 * len(PROTOCOLS)
    command.main()
    assert results.read_text() == before
    assert not capsys.readouterr().out
    report = (folder / "out" / "report.md").read_text()
    for title in (
        "labels: 3 per class",
        "penalty chosen",
        "half of the pairs",
        "Seconds of fit",
    ):
        assert title in report
    assert (folder / "out" / "ranks_1_percent.png").exists()
    assert set(means(read(results), "5 %").columns) == {
        *small,
        "CroSSLTransformer, ridge",
        "statistics, self-training",
    }


def test_two_linear_models_are_two_rows_and_ours_has_a_rank_by_each(tmp_path):
    columns = ["dataset", "method", "split", "protocol", "measure", "head", "draw"]
    rows = [("untrained", "logistic", 0.5), ("untrained", "ridge", 0.7)]
    rows += [("CroSSLTransformer", "logistic", 0.8), ("MiniRocket", "ridge", 0.6)]
    rows += [("CroSSLTransformer", "ridge", 0.55)]
    lines = [f"a,{m},0,labels,3 per class,{head},0,{value}" for m, head, value in rows]
    results = tmp_path / "results.csv"
    results.write_text("\n".join([",".join([*columns, "value"]), *lines]))
    write_report(results, tmp_path)
    table = (tmp_path / "report.md").read_text().split("\n\n")[1].splitlines()
    assert table[2:] == [
        "| CroSSLTransformer | 0.800 | 0.800 | 1.00 |",
        "| MiniRocket | 0.600 | 0.600 | 2.00 |",
        "| untrained | 0.500 | 0.500 | 3.00 |",
        "| CroSSLTransformer, ridge | 0.550 | 0.550 | 2.00 |",
        "| untrained, ridge | 0.700 | 0.700 |  |",
    ]


def test_unseen_sets_have_a_table_of_their_own(tmp_path):
    key = {"protocol": "labels", "head": "ridge", "draw": 0}
    scores = {"CroSSLTransformer": [0.8, 0.6], "MiniRocket": [0.9, 0.7]}
    measures = [*LABELS, "100 % half missing", "100 % without a", "100 % without b"]
    falls = {"100 % without a": 0.2, "100 % without b": 0.4}
    rows = [
        {**key, "dataset": dataset, "method": method, "split": split, "measure": measure}
        | {"value": score - falls.get(measure, 0)}
        for dataset in ("spar", "hapt")
        for method, of_splits in scores.items()
        for split, score in enumerate(of_splits)
        for measure in measures
    ]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "results.csv", index=False)
    write_report(tmp_path / "results.csv", tmp_path)
    (title, _, head, _, first, second) = (tmp_path / "unseen.md").read_text().split("\n")
    assert title == "## spar"
    assert head.endswith("| 100 % | one missing | half missing |")
    assert first == "| MiniRocket |" + " 0.800 ± 0.141 |" * 5 + (
        " 0.500 ± 0.141 | 0.800 ± 0.141 |"
    )
    assert second.startswith("| CroSSLTransformer | 0.700")
    assert "spar" not in (tmp_path / "report.md").read_text()


def test_fine_tuning_is_compared_on_its_own_splits():
    rows = [("MiniRocket", 0, 0.5), ("MiniRocket", 1, 0.7), ("MiniRocket", 2, 0.9)]
    rows += [("CroSSLClassifier", 0, 0.6), ("CroSSLClassifier", 1, 0.8)]
    rows += [("supervised network", 0, 0.4)]  # not on the other split: no fair row
    frame = pd.DataFrame(rows, columns=["method", "split", "value"])
    frame = frame.assign(dataset="a", measure="5 %", protocol="labels", head="", draw=0)
    (table,) = fine_tuning(frame).split("\n\n## ")
    assert table.splitlines()[-2:] == [
        "| CroSSLClassifier | 0.700 | 0.700 |",
        "| MiniRocket | 0.600 | 0.600 |",
    ]


def test_pretraining_is_judged_by_the_splits_with_and_without_it():
    key = {"dataset": "x", "protocol": "labels", "measure": "1 %", "head": "network"}
    scores = {"": [0.9, 0.7, 0.2], ", from scratch": [0.6, 0.4]}
    frame = pd.DataFrame(
        {**key, "method": f"CroSSLClassifier{how}", "split": split, "value": value}
        for how, values in scores.items()
        for split, value in enumerate(values)
    )
    everything, both = fine_tuning(frame).split("\n\n## ")
    assert everything.splitlines()[-1] == "| CroSSLClassifier | 0.600 | 0.600 |"
    assert both.splitlines()[-2:] == [
        "| CroSSLClassifier | 0.800 | 0.800 |",
        "| CroSSLClassifier, from scratch | 0.500 | 0.500 |",
    ]


def test_seeds_are_averaged_where_all_methods_have_them():
    values = {"CroSSLClassifier": [0.9, 0.7, 0.2], "MiniRocket": [0.6, 0.5, 0.1]}
    rows = [
        {"method": method, "split": split, "draw": seed, "value": value}
        for method, of_seeds in values.items()
        for seed, value in enumerate(of_seeds)
        for split in (0, 1)
        if (method, split, seed) != ("MiniRocket", 1, 2)
    ]
    frame = pd.DataFrame(rows).assign(dataset="a", measure="100 %", head="")
    frame["protocol"] = np.where(frame["draw"] > 0, "seeds", "labels")
    title = "Macro-F1, all labels, mean over 3 seeds"
    (table,) = (t for t in fine_tuning(frame).split("## ") if t.startswith(title))
    assert table.splitlines()[4:6] == [
        "| CroSSLClassifier | 0.600 | 0.600 |",
        "| MiniRocket | 0.400 | 0.400 |",
    ]


def test_ranks():
    index = pd.MultiIndex.from_product([["x", "y"], [0, 1]], names=["dataset", "split"])
    scores = pd.DataFrame(
        {
            "a": [0.9, 0.8, 0.3, 0.3],
            "b": [0.7, 0.9, 0.6, None],
            "c": [0.5, 0.5, None, None],
        },
        index=index,
    )
    ranked = ranks(scores)
    assert ranked.loc["x"].tolist() == [1, 2, 3]
    # by the split that both have; the third did not run
    assert ranked.loc["y", ["a", "b"]].tolist() == [2, 1]
    assert np.isnan(ranked.loc["y", "c"])


# The search of the recipe

FEW = {"max_epochs": 1, "summary_size": 16}


def test_every_variant_changes_something_that_exists():
    defaults = CroSSLTransformer().get_params()
    for name, variant in VARIANTS.items():
        assert set(variant.params) <= set(defaults), name
        for owner, constant, value in variant.constants:
            assert getattr(owner, constant) != value, name
        assert variant != Variant() or name == "default"


def test_constants_change_for_the_measurement_alone(folder, monkeypatch):
    variant = Variant(FEW, ((search.learnt, "_SIZE", 1),), by_subject=True)
    monkeypatch.setitem(VARIANTS, "smaller", variant)
    (row,) = search.measure(NAME, "smaller", 0, folder)
    assert search.learnt._SIZE == 128
    assert 1 < row.pop("effective rank") < 17
    assert all(0 <= value <= 1 for value in row.values())


def test_held_out_subjects_do_not_matter(folder, monkeypatch):
    monkeypatch.setitem(VARIANTS, "default", Variant(FEW))
    before = list(search.measure(NAME, "default", 0, folder))
    data = dict(np.load(folder / f"{NAME}.npz"))
    held_out = np.isin(data["subject"], load(NAME, folder).tests[0])
    data["y"][held_out] = 0
    data["x_a"][held_out] = 0
    np.savez(folder / f"{NAME}.npz", **data)
    assert list(search.measure(NAME, "default", 0, folder)) == before


def test_the_search_is_resumed_and_reported(
    folder,
    monkeypatch,
    capsys,
):
    variants = {"default": Variant(FEW), "two views": Variant({**FEW, "n_views": 2})}
    monkeypatch.setattr(search, "VARIANTS", variants)
    out = folder / "out"
    arguments = ["--data", str(folder), "--out", str(out), "--datasets", NAME]
    monkeypatch.setattr(
        sys, "argv", ["search", *arguments, "--splits", "0", "--variants", *variants]
    )
    search.main()
    assert len(capsys.readouterr().out.splitlines()) == 2
    results = pd.read_csv(out / "search.csv")
    assert results["variant"].tolist() == list(variants)
    search.main()
    assert not capsys.readouterr().out
    table = (out / "search.md").read_text()
    assert f"{results['1 %'][1]:.3f}" in table
    assert "Spearman" in table


def test_people_lack_classes_but_every_class_stays():
    y, subject = np.tile(np.arange(4), 100), np.repeat(np.arange(20), 20)
    rows = self_training.some_classes(y, subject, 0)
    left = pd.crosstab(subject[rows], y[rows])
    assert left.isin([0, 5]).all(axis=None)  # all of a person's windows of it, or none
    assert 0.25 < (left == 0).mean(axis=None) < 0.55
    alone = self_training.some_classes(np.arange(4), np.arange(4), 0)
    assert alone.tolist() == [0, 1, 2, 3]


def test_self_training_is_measured_resumed_and_reported(folder, monkeypatch, capsys):
    small = functools.partial(CroSSLTransformer, **FEW)
    monkeypatch.setattr(self_training, "CroSSLTransformer", small)
    monkeypatch.setattr(self_training, "FEW", ("3 per class",))
    variants = {name: self_training.VARIANTS[name] for name in ("default", "one round")}
    monkeypatch.setattr(self_training, "VARIANTS", variants)
    out = folder / "out"
    arguments = ["--data", str(folder), "--out", str(out), "--datasets", NAME]
    monkeypatch.setattr(sys, "argv", ["self_training", *arguments, "--splits", "0"])
    self_training.main()
    assert capsys.readouterr().out == f"{NAME}, 0\n"
    results = pd.read_csv(out / "self_training.csv")
    of_each = results.groupby(["people", "variant"]).size()
    assert (of_each == self_training.DRAWS).all()
    assert len(of_each) == 2 * (len(variants) + len(self_training.OTHERS))
    self_training.main()
    assert not capsys.readouterr().out
    tables = (out / "self_training.md").read_text()
    assert tables.count("| scikit-learn's |") == 2


def test_every_variant_of_fine_tuning_changes_a_parameter():
    defaults = CroSSLClassifier().get_params()
    for name, params in search_fine_tuning.VARIANTS.items():
        same = [key for key, value in params.items() if defaults[key] == value]
        assert not same, name
        assert params or name == "default"


def test_variants_of_fine_tuning_start_from_the_transformer():
    transformer = CroSSLTransformer()
    for name in search_fine_tuning.VARIANTS:
        classifier = search_fine_tuning.make_classifier(name, transformer, 3)
        scratch = name.startswith("from scratch")
        assert classifier.pretrained is (None if scratch else transformer)
        assert classifier.pretrain is not scratch
        assert classifier.random_state == 3


def test_fine_tuning_is_searched_resumed_and_reported(folder, monkeypatch, capsys):
    small = functools.partial(CroSSLTransformer, **FEW)
    quick = functools.partial(CroSSLClassifier, max_epochs=1)
    monkeypatch.setattr(search_fine_tuning, "CroSSLTransformer", small)
    monkeypatch.setattr(search_fine_tuning, "CroSSLClassifier", quick)
    out = folder / "out"
    arguments = ["--data", str(folder), "--out", str(out), "--datasets", NAME]
    names = ["logistic", "default", "from scratch"]
    arguments += ["--splits", "0", "--variants"]
    monkeypatch.setattr(sys, "argv", ["search_fine_tuning", *arguments, *names[:2]])
    search_fine_tuning.main()
    monkeypatch.setattr(sys, "argv", ["search_fine_tuning", *arguments, *names])
    search_fine_tuning.main()
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{NAME}, 0, {name}" for name in names]
    search_fine_tuning.main()
    assert not capsys.readouterr().out
    results = pd.read_csv(out / "search_fine_tuning.csv")
    n_scores = search_fine_tuning.DRAWS * (len(LABELS) - 1) + 1
    assert results["variant"].tolist() == np.repeat(names, n_scores).tolist()
    assert results["value"].between(0, 1).all()
    tables = (out / "search_fine_tuning.md").read_text()
    few = results[results["measure"] == "3 per class"]
    mean = few[few["variant"] == "from scratch"]["value"].mean()
    assert f"| from scratch | {mean:.3f} | {mean:.3f} |" in tables


def test_everybody_is_held_out_once_resumed_and_reported(folder, monkeypatch, capsys):
    subject = np.load(folder / f"{NAME}.npz")["subject"]
    tests = [everybody.fold_subjects(subject, fold) for fold in range(everybody.FOLDS)]
    assert sorted(np.concatenate(tests)) == sorted(set(subject))
    monkeypatch.setitem(everybody.METHODS, everybody.OURS, Ours(**FEW))
    out = folder / "out"
    arguments = ["--data", str(folder), "--out", str(out), "--datasets", NAME]
    arguments += ["--folds", "0", "1", "--methods"]
    for names in ([everybody.OURS], [everybody.OURS, "features"]):
        monkeypatch.setattr(sys, "argv", ["everybody", *arguments, *names])
        everybody.main()
    asked = [f"{NAME}, {name}, {fold}" for name in names for fold in (0, 1)]
    assert capsys.readouterr().out.splitlines() == asked
    results = pd.read_csv(out / "everybody.csv")
    assert len(results) == 2 * 3 * (5 + 1)  # folds, linear models, labels and penalty
    tables = (out / "everybody.md").read_text()
    first = results[results["labels"] == "1 %"]
    first = first.set_index(["method", "head", "fold"]).sort_index()
    ours = first["value"].loc[everybody.OURS, "logistic"]
    assert f"| {everybody.OURS}, logistic | {ours.mean():.3f} |" in tables
    gap = ours - first["value"].loc["features", "ridge"]
    error = abs(gap[0] - gap[1]) / 2  # the standard error of two
    assert f"logistic | {gap.mean():+.4f} ± {error:.4f} |" in tables


@pytest.mark.parametrize(("of_rank", "expected"), [([1, 2, 3], 1), ([3, 2, 1], -1)])
def test_rank_correlation(of_rank, expected):
    rows = pd.DataFrame({"variant": ["a", "b", "c"], "split": 0, "dataset": "x"})
    rows = rows.assign(
        **{"3 per class": [0.3, 0.2, 0.4], "1 %": [0.1, 0.2, 0.3]},
        **{"effective rank": of_rank, "cluster agreement": [0.3, 0.2, 0.4]},
    )
    table = search.report(rows)
    assert "rank, 3 per class | effective rank, 1 % | cluster agreement, 3 per" in table
    assert f"| x | all | 3 | {expected / 2:.2f} | {expected:.2f} | 1.00 | 0.50 |" in table


def save(path, **arrays):
    X, y = windows()
    subject = np.repeat(np.arange(10), 12)
    named = {f"x_{name}": x for name, x in X.items()}
    given = {"y": y, "subject": subject, "modalities": np.array(list(X)), **named}
    np.savez(path, **{**given, **arrays})
    return X, subject


def test_hapt_is_of_activities_and_tested_on_whom_its_publisher_chose(tmp_path):
    y = np.arange(120) % 8  # from 6 on they are transitions
    official = np.repeat(np.arange(10), 12) >= 6
    X, subject = save(tmp_path / "hapt.npz", y=y, official_test=official)
    recordings = load("hapt", tmp_path)
    np.testing.assert_array_equal(recordings.y, y[y < 6])
    np.testing.assert_array_equal(recordings.subject, subject[y < 6])
    np.testing.assert_array_equal(recordings.X["a"], X["a"][y < 6])
    assert recordings.tests[0].tolist() == [6, 7, 8, 9]


def test_stress_is_told_from_what_is_usual_for_a_subject(tmp_path):
    stress = np.arange(120) % 2
    _, subject = save(tmp_path / "stress_predict.npz", y_stress=stress)
    recordings = load("stress_predict", tmp_path)
    np.testing.assert_array_equal(recordings.y, stress)
    for x in recordings.X.values():
        for one in range(10):
            of_one = x[subject == one]
            np.testing.assert_allclose(of_one.mean(axis=(0, 2)), 0, atol=1e-5)
            np.testing.assert_allclose(of_one.std(axis=(0, 2)), 1, rtol=1e-4)


def test_ranks_are_by_the_splits_that_all_methods_have():
    index = pd.MultiIndex.from_product([["x"], [0, 1]], names=["dataset", "split"])
    scores = pd.DataFrame({"a": [0.9, 0.1], "b": [0.5, np.nan], "c": np.nan}, index)
    assert ranks(scores).loc["x", ["a", "b"]].tolist() == [1, 2]
    assert np.isnan(ranks(scores).loc["x", "c"])
