"""Simulated recordings: their physics, parameters, and what they ask of a method."""

from itertools import accumulate

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid
from scipy.signal import find_peaks
from scipy.spatial.transform import Rotation
from skorch.helper import SliceDict

from benchmarks.generated import scores
from benchmarks.quality.methods import Ours
from benchmarks.shared import UNTRAINED
from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.datasets import make_multimodal_series
from sklearn_crossl.datasets._simulation.subjects import draw_subject
from sklearn_crossl.segmentation import sliding_windows

IDEAL = {"noise": 0.0, "drift": 0.0}
SMALL = {"n_subjects": 2, "minutes": 2.0}


def recordings(**params):
    params = {"as_windows": False, "random_state": 0, **params}
    return make_multimodal_series(**params)


def of_activity(made, name, index=0):
    """Say which moments at 50 Hz show an activity, without 2 s at both ends of a bout."""
    codes = np.repeat(made.target[index], 5)  # labels come at 10 Hz
    shown = codes == list(made.target_names).index(name)
    return np.convolve(shown, np.ones(201), mode="same") == 201


def equal(a, b):
    return all(np.array_equal(a[name], b[name], equal_nan=True) for name in a)


def strides_per_second(signal):
    """Find the strongest frequency of a signal at 50 Hz between 0.5 and 1.7 Hz."""
    power = np.abs(np.fft.rfft(signal - signal.mean(), n=2**16)) ** 2
    frequency = np.fft.rfftfreq(2**16, 1 / 50)
    power[(frequency < 0.5) | (frequency > 1.7)] = 0
    return frequency[power.argmax()]


def cadences(made, index, place):
    """Measure the strides a second of each bout of walking of 20 s or more."""
    walking = of_activity(made, "walking", index)
    edges = np.flatnonzero(np.diff(walking.astype(int), prepend=0, append=0))
    return [
        strides_per_second(made.data[index][f"{place}_gyro"][1, start:stop])
        for start, stop in edges.reshape(-1, 2)
        if stop - start >= 1000
    ]


def test_what_is_returned():
    made = make_multimodal_series(**SMALL, random_state=0)
    assert isinstance(made.data, SliceDict)
    for name, x in made.data.items():
        n_channels, n_timepoints = len(made.modalities[name]), round(5 * made.rates[name])
        assert x.shape == (48, n_channels, n_timepoints), name
        assert x.dtype == np.float32
        assert np.isfinite(x).all()
    assert set(made.data) == set(made.units) == set(made.rates) == set(made.modalities)
    assert made.target.shape == (48,)
    assert set(made.target) <= set(range(len(made.target_names)))
    assert made.groups.tolist() == [0] * 24 + [1] * 24
    assert "48 windows of 2 subjects" in made.DESCR
    assert "label_rate" not in made


def test_windows_are_cut_from_the_recordings():
    windows = make_multimodal_series(**SMALL, step_seconds=2.5, random_state=3)
    made = recordings(**SMALL, random_state=3)
    X, y, groups = sliding_windows(
        made.data,
        made.rates,
        5,
        2.5,
        made.target,
        made.groups,
        label_rate=made.label_rate,
    )
    assert equal(X, windows.data)
    np.testing.assert_array_equal(y, windows.target)
    np.testing.assert_array_equal(groups, windows.groups)


def test_return_X_y():
    X, y = make_multimodal_series(**SMALL, random_state=0, return_X_y=True)
    made = make_multimodal_series(**SMALL, random_state=0)
    assert equal(X, made.data)
    np.testing.assert_array_equal(y, made.target)


def test_the_same_seed_gives_the_same_and_leaves_generators_alone():
    generator = np.random.mtrand._rand
    before = generator.get_state()[1].copy()
    first = make_multimodal_series(**SMALL, dropout=0.1, missing=0.1, random_state=7)
    second = make_multimodal_series(**SMALL, dropout=0.1, missing=0.1, random_state=7)
    np.testing.assert_array_equal(generator.get_state()[1], before)
    assert equal(first.data, second.data)
    np.testing.assert_array_equal(first.target, second.target)
    other = make_multimodal_series(**SMALL, dropout=0.1, missing=0.1, random_state=8)
    assert not equal(first.data, other.data)


def test_a_generator_that_is_passed_in_goes_on():
    generator = np.random.RandomState(0)
    first, second = (
        make_multimodal_series(**SMALL, random_state=generator) for _ in range(2)
    )
    assert not equal(first.data, second.data)


def test_a_knob_changes_what_it_is_about_and_nothing_else():
    names = ["wrist_acc", "pulse", "eda"]
    made = recordings(**SMALL, modalities=names, noise=0.5)
    more_people = recordings(n_subjects=3, minutes=2.0, modalities=names, noise=0.5)
    fewer_sensors = recordings(**SMALL, modalities=names[1:], noise=0.5)
    with_gaps = recordings(**SMALL, modalities=names, noise=0.5, dropout=0.2)
    noisier = recordings(**SMALL, modalities=names, noise=1.0)
    clean = recordings(**SMALL, modalities=names, noise=0.0)
    for i, signals in enumerate(made.data):
        assert equal(signals, more_people.data[i])
        assert equal(fewer_sensors.data[i], signals)
        for name, x in signals.items():
            gappy = with_gaps.data[i][name]
            there = ~np.isnan(gappy)
            np.testing.assert_array_equal(gappy[there], x[there])
            twice = clean.data[i][name] + 2 * (x - clean.data[i][name])
            np.testing.assert_allclose(noisier.data[i][name], twice, atol=1e-4)
        np.testing.assert_array_equal(made.target[i], noisier.target[i])


def test_rates_may_be_others():
    rates = {"wrist_acc": 25, "heart_rate": 0.5}
    made = recordings(
        **SMALL, **IDEAL, rates=rates, modalities=["wrist_acc", "heart_rate"]
    )
    usual = recordings(**SMALL, **IDEAL, modalities=["wrist_acc", "heart_rate"])
    assert made.rates == rates
    for name, of_usual in (("wrist_acc", 2), ("heart_rate", 2)):
        np.testing.assert_array_equal(
            made.data[0][name], usual.data[0][name][:, ::of_usual]
        )


def test_gravity_is_one_g_at_rest():
    made = recordings(n_subjects=8, n_activities=9, **IDEAL)
    for place, tolerance in (("wrist", 0.03), ("ankle", 0.02)):
        size = np.concatenate(
            [
                np.linalg.norm(signals[f"{place}_acc"], axis=0)[
                    of_activity(made, rest, i)
                ]
                for i, signals in enumerate(made.data)
                for rest in ("lying", "sitting")
            ]
        )
        assert np.median(size) == pytest.approx(1, abs=tolerance)
        assert size.mean() == pytest.approx(1, abs=2 * tolerance)


@pytest.mark.parametrize("place", ["wrist", "ankle"])
def test_the_gyroscope_turns_gravity_in_the_accelerometer(place):
    """What the gyroscope adds up to puts gravity back to where it was at first."""
    names = (f"{place}_acc", f"{place}_gyro")
    rates = dict.fromkeys(names, 100)
    made = recordings(
        n_subjects=3, n_activities=9, minutes=4, modalities=names, rates=rates, **IDEAL
    )
    for signals in made.data:
        acceleration, rotation = (signals[name].T.astype(float) for name in names)
        steps = Rotation.from_rotvec((rotation[:-1] + rotation[1:]) / 200).as_matrix()
        attitude = np.stack(list(accumulate(steps, np.matmul, initial=np.eye(3))))
        put_back = (attitude @ acceleration[:, :, None])[:, :, 0]
        # means of 5 s, in which the accelerations of a swing add up to little
        here, in_sensor = (
            x.reshape(-1, 500, 3).mean(axis=1) for x in (put_back, acceleration)
        )
        assert np.linalg.norm(here - here.mean(axis=0), axis=1).max() < 0.15
        assert np.linalg.norm(in_sensor - in_sensor.mean(axis=0), axis=1).max() > 0.4


def test_wrist_and_ankle_take_the_same_strides():
    made = recordings(n_subjects=6, n_activities=3, noise=0.5)
    for index in range(6):
        wrist, ankle = (cadences(made, index, place) for place in ("wrist", "ankle"))
        np.testing.assert_allclose(wrist, ankle, atol=0.02)


def test_subjects_have_gaits_of_their_own():
    """Cadences differ more from person to person than from bout to bout."""

    def ratio(variation):
        made = recordings(
            n_subjects=20,
            n_activities=2,
            minutes=12,
            modalities=["ankle_gyro"],
            subject_variation=variation,
        )
        found = [cadences(made, index, "ankle") for index in range(20)]
        return np.std([np.mean(c) for c in found]) / np.mean([np.std(c) for c in found])

    assert ratio(1.0) > 1.5
    assert ratio(0.0) < 1


def test_without_variation_people_are_the_same():
    same = [draw_subject(0, index, 0.0) for index in (0, 1)]
    other = [draw_subject(0, index, 1.0) for index in (0, 1)]
    assert same[0].rest == same[1].rest == 62
    assert same[0].cadence == same[1].cadence == 1
    np.testing.assert_array_equal(same[0].turned["wrist"], np.zeros(3))
    assert all(a != b for a, b in zip(other[0][:3], other[1][:3], strict=True))


def test_beats_are_the_integral_of_the_heart_rate():
    made = recordings(n_subjects=6, **IDEAL)
    for signals in made.data:
        wave, shown = signals["pulse"][0], signals["heart_rate"][0]
        peaks, _ = find_peaks(wave, height=0.9)  # the second bump of a beat is lower
        beats = cumulative_trapezoid(shown / 60, initial=0)  # at each second
        beats += 4 * (shown - shown[0]) / 60  # what is shown is 4 s behind
        first, last = np.interp(
            peaks[[0, -1]] / made.rates["pulse"], np.arange(len(shown)), beats
        )
        assert len(peaks) - 1 == pytest.approx(last - first, abs=2)


def test_the_heart_follows_effort_late():
    made = recordings(n_subjects=6, **IDEAL, minutes=20)
    effort = np.array([0.0, 0.30, 0.50, 0.08, 0.70, 0.20])  # of the activities
    lags = []
    for signals, labels in zip(made.data, made.target, strict=True):
        work = effort[labels[::10]]
        rate = signals["heart_rate"][0]
        correlations = [
            np.corrcoef(work[: len(work) - late], rate[late:])[0, 1]
            for late in range(120)
        ]
        lags.append(np.argmax(correlations))
        assert max(correlations) > 0.6
    assert 10 < np.median(lags) < 80


def test_bouts_last_a_minute_and_never_repeat():
    made = recordings(n_subjects=20, minutes=20, modalities=["heart_rate"])
    changes = sum(np.count_nonzero(np.diff(labels)) for labels in made.target)
    assert 20 * 20 / (changes + 20) == pytest.approx(0.9, abs=0.2)  # minutes
    assert len(np.unique(np.concatenate(made.target))) == 6


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_dropouts_have_the_asked_share(share):
    made = recordings(
        n_subjects=8, minutes=20, modalities=["wrist_acc", "eda"], dropout=share
    )
    for name in made.modalities:
        lost = np.concatenate(
            [np.isnan(signals[name]).any(axis=0) for signals in made.data]
        )
        assert lost.mean() == pytest.approx(share, abs=0.06)
        gaps = np.count_nonzero(np.diff(lost.astype(int)) == 1)
        seconds = lost.sum() / gaps / made.rates[name]
        assert seconds == pytest.approx(4, rel=0.35) or share == 0.9
    assert all(
        np.isnan(x).all(axis=0).sum() == np.isnan(x).any(axis=0).sum()
        for signals in made.data
        for x in signals.values()
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7])
def test_windows_miss_the_asked_share(share):
    X, _ = make_multimodal_series(
        **SMALL,
        modalities=["eda", "pulse", "heart_rate", "temperature"],
        missing=share,
        return_X_y=True,
        random_state=0,
    )
    gone = np.stack([np.isnan(x).all(axis=(1, 2)) for x in X.values()], axis=1)
    assert gone.mean() == pytest.approx(share, abs=0.5 / gone.size)
    assert not gone.all(axis=1).any()
    assert not any(
        np.isnan(x).any() for x in make_multimodal_series(**SMALL).data.values()
    )


def test_recordings_lack_the_asked_share():
    made = recordings(n_subjects=10, minutes=1, missing=0.4)
    present = [set(signals) for signals in made.data]
    assert sum(map(len, present)) == 48
    assert set.union(*present) == set(made.modalities)
    assert all(present)
    X, _, groups = sliding_windows(
        made.data, made.rates, 5, 5, made.target, made.groups, label_rate=made.label_rate
    )
    for name, x in X.items():
        lacks = [name not in present[group] for group in groups]
        np.testing.assert_array_equal(np.isnan(x).all(axis=(1, 2)), lacks)


def test_the_transformer_learns_from_them_as_they_are():
    made = make_multimodal_series(
        **SMALL,
        modalities=["wrist_acc", "heart_rate", "eda"],
        dropout=0.1,
        missing=0.2,
        random_state=0,
    )
    Z = CroSSLTransformer(max_epochs=1, random_state=0).fit_transform(made.data)
    assert Z.shape[0] == 48
    assert np.isfinite(Z).all()


def test_training_pays_on_new_people():
    """With a few labels the embedding is better than that of untrained encoders."""
    names = ["wrist_acc", "wrist_gyro", "ankle_acc", "heart_rate"]
    made = make_multimodal_series(12, modalities=names, random_state=1)
    untrained = scores(Ours(summary_size=0, **UNTRAINED), made, names, seed=0)
    trained = scores(Ours(summary_size=0, max_epochs=10), made, names, seed=0)
    for before, after in list(zip(untrained, trained, strict=True))[:2]:  # 3 and 5 labels
        assert after > before + 0.05


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"n_subjects": 0}, "'n_subjects' parameter .* int in the range .1, inf.. Got 0"),
        ({"n_activities": 1}, "'n_activities' parameter .* range .2, 9.. Got 1"),
        ({"n_activities": 10}, "Got 10"),
        ({"minutes": 0.01}, "'minutes'"),
        ({"minutes": float("nan")}, "'minutes'"),
        ({"modalities": "eda"}, "'modalities' .* 'list'.*Got 'eda'"),
        ({"modalities": []}, r"modalities=\[\]; expected some of \['wrist_acc'"),
        ({"modalities": ["ecg"]}, r"modalities=\['ecg'\]; expected some of"),
        ({"modalities": ["eda", "eda"]}, "each of them once"),
        ({"rates": {"ecg": 3}}, r"rates has \['ecg'\], but the modalities are"),
        ({"rates": {"eda": 0}}, r"rates\['eda'\]=0; expected a positive number"),
        ({"rates": {"eda": float("inf")}}, r"rates\['eda'\]=inf"),
        ({"rates": {"eda": "4"}}, r"rates\['eda'\]='4'"),
        ({"subject_variation": -1}, "'subject_variation'"),
        ({"noise": -0.1}, "'noise'"),
        ({"drift": float("nan")}, "'drift'"),
        ({"dropout": 1.0}, "'dropout'"),
        ({"missing": -0.1}, "'missing'"),
        ({"missing": 0.95}, "at most 0.8.* leaves each row a modality"),
        ({"window_seconds": 0}, "'window_seconds'"),
        ({"window_seconds": 0.5}, "has no sample at 1.0 Hz"),
        ({"window_seconds": 500}, "No window of 500 s fits"),
        ({"step_seconds": -1}, "'step_seconds'"),
        ({"random_state": "a"}, "'random_state'"),
    ],
)
def test_bad_parameters(change, match):
    with pytest.raises(ValueError, match=match):
        make_multimodal_series(**{**SMALL, "minutes": 0.5, **change})
