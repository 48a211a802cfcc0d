import pickle
from collections import Counter
from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl.segmentation import sliding_windows


def literal(recording, rates, window, step, labels=None, label_rate=None, purity=0.5):
    """One window after another, sample by sample, in exact fractions."""
    window, step = Fraction(str(window)), Fraction(str(step))
    windows, y = {name: [] for name in rates}, []
    i = 0
    while True:
        start = i * step
        cut, whole = {}, True
        streams = dict(recording)
        if labels is not None:
            streams["labels"] = labels[None]
        for name, signal in streams.items():
            rate = Fraction(str(label_rate if name == "labels" else rates[name]))
            first = next(k for k in range(10**6) if Fraction(k) / rate >= start)
            samples = list(range(first, first + round(window * rate)))
            whole &= samples[-1] < signal.shape[1]
            cut[name] = signal[:, samples] if whole else None
        if not whole:
            return windows, y
        i += 1
        if labels is not None:
            marks = cut["labels"][0].tolist()
            label, count = min(
                Counter(marks).items(), key=lambda item: (-item[1], item[0])
            )
            if count / len(marks) < purity:
                continue
            y.append(label)
        for name in rates:
            windows[name].append(cut[name])


@settings(deadline=None, max_examples=40)
@given(
    rates=st.tuples(*[st.sampled_from([1, 3, 4, 7.5, 10, 32, 0.5])] * 2),
    window=st.sampled_from([2, 2.5, 3.3, 4.1]),
    step=st.sampled_from([0.3, 0.7, 1, 2.5, 5]),
    seconds=st.integers(6, 20),
    purity=st.sampled_from([0.0, 0.6, 1.0]),
    seed=st.integers(0, 99),
)
def test_exact_to_the_sample(rates, window, step, seconds, purity, seed):
    rng = np.random.default_rng(seed)
    rates = dict(zip("ab", rates, strict=True))
    recording = {n: rng.normal(size=(2, round(seconds * r))) for n, r in rates.items()}
    labels = np.sort(rng.integers(0, 3, size=5 * seconds))
    expected, expected_y = literal(recording, rates, window, step, labels, 5, purity)
    if not expected_y:
        with pytest.raises(ValueError, match="No window"):
            sliding_windows(
                recording, rates, window, step, labels, label_rate=5, purity=purity
            )
        return
    X, y, groups = sliding_windows(
        recording, rates, window, step, labels, label_rate=5, purity=purity
    )
    assert y.tolist() == expected_y
    assert groups.tolist() == [0] * len(y)
    for name in rates:
        np.testing.assert_array_equal(X[name], np.stack(expected[name]))


def test_windows_do_not_drift():
    rate = 44.1
    signal = np.arange(round(20_000 * rate))
    X, _, _ = sliding_windows({"a": signal}, {"a": rate}, 1, 0.1)
    last = len(X["a"]) - 1
    assert X["a"][last, 0, 0] == ceil(Fraction("44.1") * last / 10)


def test_starts_say_where_windows_were_that_are_kept():
    labels = np.repeat([0.0, 1.0, 0.0, 1.0], [10, 7, 8, 5])
    signal = np.arange(30.0)
    signal[20:25] = np.nan  # a pause
    recordings = [{"a": signal}, {"a": signal[:3]}, {"a": signal}]
    all_labels = [labels, labels[:3], labels]
    windows = sliding_windows(recordings, {"a": 2}, 2.5, 2.5, all_labels, purity=0.9)
    assert windows.starts.tolist() == [0.0, 2.5, 5.0, 12.5] * 2
    first = windows.X["a"][:, 0, 0]
    np.testing.assert_array_equal(windows.starts, first / 2)
    copied = pickle.loads(pickle.dumps(windows))
    assert [len(part) for part in copied] == [8, 8, 8]


def test_several_recordings_keep_their_groups():
    recordings = [{"a": np.full(n, float(i))} for i, n in enumerate([10, 3, 25])]
    X, y, groups = sliding_windows(
        recordings, {"a": 1}, 5, 5, groups=["ann", "bob", "cleo"]
    )
    assert y is None
    assert groups.tolist() == ["ann"] * 2 + ["cleo"] * 5
    assert X["a"][:, 0, 0].tolist() == [0.0] * 2 + [2.0] * 5


def test_a_labelled_recording_may_be_too_short():
    recordings = [{"a": np.zeros(n)} for n in (3, 10)]
    labels = [np.array(["sit"] * 3), np.array(["sit"] * 4 + ["walk"] * 6)]
    X, y, groups = sliding_windows(recordings, {"a": 1}, 5, 5, labels)
    assert y.tolist() == ["sit", "walk"]
    assert groups.tolist() == [1, 1]
    assert X["a"].shape == (2, 1, 5)


def test_recordings_of_different_devices_are_stacked():
    rng = np.random.default_rng(0)
    both = {"acc": rng.normal(size=(3, 500)), "eda": rng.normal(size=40)}
    recordings = [{"eda": both["eda"]}, both, {"acc": both["acc"]}]
    X, _, groups = sliding_windows(recordings, {"acc": 50, "eda": 4}, 2, 1)
    assert X["acc"].shape == (27, 3, 100)
    assert np.isnan(X["acc"]).all(axis=(1, 2)).tolist() == (groups == 0).tolist()
    assert np.isnan(X["eda"]).all(axis=(1, 2)).tolist() == (groups == 2).tolist()
    np.testing.assert_array_equal(X["acc"][9:18], X["acc"][18:])


def test_a_missing_device_does_not_widen_the_others():
    recordings = [
        {"acc": np.zeros(9, np.float32), "eda": np.zeros(9, dtype=int)},
        {"acc": np.zeros(9, np.float32)},
        {"eda": np.zeros(9, dtype=int)},
    ]
    X, _, _ = sliding_windows(recordings, {"acc": 1, "eda": 1}, 3, 3)
    assert X["acc"].dtype == np.float32
    assert X["eda"].dtype == np.float64  # integers have no NaN


def test_windows_go_straight_into_the_estimator():
    rng = np.random.default_rng(0)
    recording = {"acc": rng.normal(size=(3, 1000)), "eda": rng.normal(size=80)}
    X, _, _ = sliding_windows(recording, {"acc": 50, "eda": 4}, 2, 1)
    model = CroSSLTransformer(max_epochs=1, random_state=0)
    Z = model.fit_transform(X)
    assert Z.shape == (19, 640)
    again = sliding_windows(recording, {"acc": 50, "eda": 4}, 2, 5)
    np.testing.assert_array_equal(model.transform(again.X), Z[::5])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"rates": {"a": 1}}, r"Recording 0 has the modalities \['a', 'b'\]"),
        ({"rates": {"a": 1, "b": 1, "c": 1}}, r"No recording has the modalities \['c'\]"),
        ({"recordings": [{"a": np.zeros(9), "b": np.zeros(9)}, {}]}, "Recording 1 has"),
        ({"rates": {"a": 0, "b": 1}}, r"rates\['a'\]=0; expected a positive"),
        ({"window_seconds": -1}, "window_seconds=-1"),
        ({"step_seconds": float("nan")}, "step_seconds=nan"),
        ({"window_seconds": 0.1}, "has no sample at"),
        ({"purity": 1.5}, "purity=1.5; expected a share, from 0 to 1"),
        ({"purity": float("nan")}, "purity=nan; expected a share"),
        ({"purity": None}, "purity=None; expected a share"),
        ({"labels": np.zeros((9, 1))}, r"labels of recording 0 have shape \(9, 1\)"),
        (
            {
                "recordings": [
                    {"a": np.zeros(9), "b": np.zeros((3, 9))},
                    {"a": np.zeros(9), "b": np.zeros((2, 9))},
                ]
            },
            r"'b' has 2 channel\(s\) in recording 1, but 3 in one before",
        ),
        ({"window_seconds": 99}, "No window of 99 s fits"),
        ({"window_seconds": "3"}, "window_seconds='3'; expected a positive number"),
        ({"window_seconds": [3]}, r"window_seconds=\[3\]; expected a positive number"),
        ({"window_seconds": True}, "window_seconds=True; expected a positive number"),
        ({"window_seconds": 1e300}, "window_seconds=1e.300; expected a positive number"),
        ({"rates": {"a": 1, "b": None}}, r"rates\['b'\]=None; expected a positive"),
        ({"recordings": {"a": np.zeros(9), "b": None}}, r"0 has None for \['b'\]"),
        ({"groups": [1, 2]}, r"expected one for each of"),
        ({"recordings": []}, "Give at least one recording"),
        ({"recordings": {"a": np.zeros((1, 2, 9)), "b": np.zeros(9)}}, "'a' has shape"),
    ],
)
def test_bad_input(change, match):
    good = {
        "recordings": {"a": np.zeros(9), "b": np.zeros(9)},
        "rates": {"a": 1, "b": 1},
        "window_seconds": 3,
        "step_seconds": 1,
    }
    with pytest.raises(ValueError, match=match):
        sliding_windows(**{**good, **change})


def test_moments_without_a_label():
    labels = np.array(["sit"] * 4 + [None] * 5 + ["walk"] * 3 + [np.nan] * 3, object)
    signal = np.zeros(15)
    _, y, _ = sliding_windows({"a": signal}, {"a": 1}, 3, 3, labels)
    assert y.tolist() == ["sit", None, None, "walk", None]
    _, of_list, _ = sliding_windows({"a": signal}, {"a": 1}, 3, 3, labels.tolist())
    assert of_list.tolist() == y.tolist()
    numbers = np.where(labels == "sit", 0.0, np.where(labels == "walk", 1.0, np.nan))
    _, y, _ = sliding_windows({"a": signal}, {"a": 1}, 3, 3, numbers)
    np.testing.assert_array_equal(y, [0, np.nan, np.nan, 1, np.nan])


def test_a_recording_without_labels_beside_others():
    signal = np.arange(6.0)
    labels = [np.repeat(["sit", "walk"], 3), np.full(6, np.nan)]
    X, y, _ = sliding_windows([{"a": signal}] * 2, {"a": 1}, 3, 3, labels)
    assert y[:2].tolist() == ["sit", "walk"]
    assert [label != label for label in y[2:]] == [True, True]
    model = CroSSLClassifier(
        CroSSLTransformer(max_epochs=1, summary_size=0), max_epochs=1, random_state=0
    )
    assert model.fit(X, y).classes_.tolist() == ["sit", "walk"]


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, np.array, float])
def test_rates_and_lengths_of_every_type(kind):
    signal = np.arange(4000)
    X, _, _ = sliding_windows({"a": signal}, {"a": kind(44)}, kind(2), kind(1))
    expected = sliding_windows({"a": signal}, {"a": 44}, 2, 1).X["a"]
    np.testing.assert_array_equal(X["a"], expected)


def test_a_tenth_of_float32_is_a_tenth():
    signal = np.arange(10_000)
    exact = sliding_windows({"a": signal}, {"a": 44.1}, 2, 0.1).X["a"]
    X, _, _ = sliding_windows({"a": signal}, {"a": np.float32(44.1)}, 2, np.float32(0.1))
    np.testing.assert_array_equal(X["a"], exact)


def test_what_is_masked_is_nan():
    signal = np.ma.array([1, 2, -9, 4, 5, 6], mask=[0, 0, 1, 0, 0, 0])
    X, _, _ = sliding_windows({"a": signal}, {"a": 1}, 3, 3)
    np.testing.assert_array_equal(X["a"][:, 0], [[1, 2, np.nan], [4, 5, 6]])


def test_labels_must_match_the_recordings():
    with pytest.raises(ValueError, match="labels has 1 entries for 2 recording"):
        sliding_windows([{"a": np.zeros(9)}] * 2, {"a": 1}, 3, 1, labels=[np.zeros(9)])


def test_signals_of_other_durations_are_warned_of():
    recording = {"acc": np.zeros((1, 50 * 60)), "eda": np.zeros(4 * 60)}
    rates = {"acc": 50, "eda": 4}
    labels = np.repeat([0, 1, 2], 20)  # one a second
    assert len(sliding_windows(recording, rates, 5, 5, labels, label_rate=1).y) == 12
    with pytest.warns(UserWarning, match=r"'labels' from 0 to 1\.2 s.*label_rate"):
        sliding_windows(recording, rates, 1, 1, labels, purity=0)
    with pytest.warns(UserWarning, match=r"'acc' from 0 to 60 s, 'eda' from 0 to 3\.75"):
        sliding_windows(recording, {"acc": 50, "eda": 64}, 2, 2)
    nearly = {**recording, "eda": np.zeros(4 * 58)}
    assert len(sliding_windows(nearly, rates, 5, 5).X["acc"]) == 11


def test_objects_are_read_as_numbers_and_nothing_else():
    signal = np.array([None] * 50 + [1.0] * 450, dtype=object)
    windows = sliding_windows({"x": signal}, {"x": 10}, 5, 5)
    assert windows.X["x"].dtype == np.float64
    assert windows.starts[0] == 5  # the first one has no value
    for odd in (["a"] * 100, ["1.5"] * 100, [[1]] * 50 + [{}] * 50):
        signal = np.empty(100, dtype=object)
        signal[:] = odd
        with pytest.raises(TypeError, match="'x' holds objects, .*; expected numbers"):
            sliding_windows({"x": signal}, {"x": 10}, 5, 5)


def test_errors_name_the_recording():
    good = {"x": np.zeros(100), "y": np.zeros(100)}
    bad = {"x": np.zeros(100), "y": np.array(["a"] * 100)}
    with pytest.raises(TypeError, match="Recording 2: Modality 'y' holds <U1"):
        sliding_windows([good, good, bad], {"x": 10, "y": 10}, 5, 5)


@pytest.mark.parametrize(
    "recording", [pl.DataFrame({"x": [1.0] * 9}), pd.Series([1.0] * 9), [1.0] * 9]
)
def test_recordings_of_another_kind(recording):
    with pytest.raises(TypeError, match="Recording 0 is a .*; expected a mapping"):
        sliding_windows([recording], {"x": 1}, 3, 3)


def test_recordings_without_any_label():
    parts = [{"x": np.zeros(10)}, {"x": np.ones(10)}]
    windows = sliding_windows(parts, {"x": 1}, 5, 5, [None, np.repeat(["a", "b"], 5)])
    assert windows.y.tolist() == [None, None, "a", "b"]


def test_more_channels_than_samples_are_warned_of():
    with pytest.warns(UserWarning, match=r"'acc' has shape \(300, 10\), many more"):
        sliding_windows({"acc": np.zeros((300, 10))}, {"acc": 1}, 5, 5)
    frame = pl.DataFrame({"x": np.arange(30.0), "y": np.arange(30.0) + 1})
    X = sliding_windows({"acc": frame}, {"acc": 1}, 10, 10).X["acc"]
    assert X.shape == (3, 2, 10)
    np.testing.assert_array_equal(X[1, 1], np.arange(11, 21))


def test_pauses_give_no_windows():
    seconds = np.concatenate([np.arange(60), np.arange(120, 180)])
    acc = pd.DataFrame({"x": np.arange(120.0)}, index=pd.to_timedelta(seconds, unit="s"))
    labels = pd.Series(np.repeat([0, 1], 60), index=acc.index)
    eda = acc.iloc[:60]  # ends where the pause begins
    eda = pd.concat([eda, acc.iloc[-1:]])
    X, y, groups = sliding_windows(
        {"acc": acc, "eda": eda}, {"acc": 1, "eda": 1}, 10, 10, labels
    )
    assert len(X["acc"]) == len(y) == len(groups) == 12
    assert not np.isnan(X["acc"]).any()
    assert y.tolist() == [0] * 6 + [1] * 6
    assert np.isnan(X["eda"][6:11]).all()


def test_a_wrong_time_is_named():
    seconds = np.concatenate([[-3e8], np.arange(100)])
    acc = pd.DataFrame({"x": seconds}, index=seconds)
    with pytest.raises(ValueError, match=r"'acc': 101 samples .* a pause of 3e\+08 s"):
        sliding_windows({"acc": acc}, {"acc": 50}, 5, 5)


@pytest.mark.parametrize("days", [20, 30])
def test_a_sample_in_weeks(days):
    seconds = days * 86400
    signal = np.arange(9.0)
    X, _, _ = sliding_windows({"a": signal}, {"a": 1 / seconds}, 4 * seconds, seconds)
    expected = np.lib.stride_tricks.sliding_window_view(signal, 4)
    np.testing.assert_array_equal(X["a"][:, 0], expected)


def test_steps_of_less_than_a_microsecond():
    signal = np.arange(20.0)
    X, _, _ = sliding_windows({"a": signal}, {"a": 2.5e6}, 4e-6, 4e-7)
    expected = np.lib.stride_tricks.sliding_window_view(signal, 10)
    np.testing.assert_array_equal(X["a"][:, 0], expected)


@pytest.mark.parametrize("dtype", [str, complex, "datetime64[s]"])
def test_signals_that_are_no_numbers(dtype):
    with pytest.raises(TypeError, match="Modality 'a' holds .*; expected numbers"):
        sliding_windows({"a": np.zeros(40, dtype=dtype)}, {"a": 10}, 1, 1)


def test_a_recording_too_short_for_a_window_does_not_change_the_labels():
    recordings = [{"a": np.zeros(40)}, {"a": np.zeros(5)}]
    labels = [np.zeros(40, int), [None] * 5]
    _, y, _ = sliding_windows(recordings, {"a": 10}, 1, 1, labels)
    assert y.dtype.kind == "i"


@pytest.mark.parametrize("timed", [False, True])
def test_labels_that_come_less_often_than_windows(timed):
    signal, labels = np.zeros(900), np.array(["wake", "light", "deep"])
    if timed:
        seconds = pd.Index(np.arange(900) / 10)
        signal = pd.Series(signal, index=seconds)
        labels = pd.Series(labels, index=[0.0, 30.0, 60.0])
    _, y, _ = sliding_windows(
        {"eeg": signal}, {"eeg": 10}, 4, 4, labels, label_rate=1 / 30
    )
    middle = 4 * np.arange(len(y)) + 2
    expected = np.repeat(["wake", "light", "deep"], 30)[middle]
    assert len(y) == 22
    clear = ~np.isin(middle, [30, 60])  # there half of the window has either label
    assert y[clear].tolist() == expected[clear].tolist()


def test_a_window_with_a_value_at_its_end_alone_is_kept():
    signal = np.full(12, np.nan)
    signal[[3, 8]] = 5.0  # the last of the first window and the first of the third
    X = sliding_windows({"a": signal}, {"a": 1}, 4, 4).X["a"]
    np.testing.assert_array_equal(np.isnan(X[:, 0]).sum(1), [3, 3])


def test_a_rate_of_float32_is_the_decimal_that_it_shows():
    signal = np.arange(2000)  # 12.6 as a float32 is more than 12.6
    exact = sliding_windows({"a": signal}, {"a": 12.6}, 2, 1).X["a"]
    X, _, _ = sliding_windows({"a": signal}, {"a": np.float32(12.6)}, 2, 1)
    np.testing.assert_array_equal(X["a"], exact)


def test_a_long_recording_may_end_a_little_early():
    recording = {"acc": np.zeros(1000), "eda": np.zeros(960)}  # by eight windows
    X, _, _ = sliding_windows(recording, {"acc": 1, "eda": 1}, 5, 5)
    assert len(X["acc"]) == 192


def test_a_label_counts_for_as_long_as_it_holds():
    """Also where a window is as long, and another label begins in it."""
    labels, signal = [1, 0, 1, 0, 1, 0], np.zeros(1800)
    given = {"window_seconds": 30, "step_seconds": 10, "purity": 0.6}
    _, y, _ = sliding_windows(
        {"eeg": signal}, {"eeg": 10}, **given, labels=labels, label_rate=1 / 30
    )
    _, expected, _ = sliding_windows(
        {"eeg": signal}, {"eeg": 10}, **given, labels=np.repeat(labels, 300)
    )
    assert (
        y.tolist()
        == expected.tolist()
        == [1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]
    )
