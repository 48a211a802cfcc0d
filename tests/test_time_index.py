"""Recordings with a time index."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._regular_grid import labels_on_grid, on_grids, place_on_grid
from sklearn_crossl.segmentation import sliding_windows

RATES = {"acc": 50, "eda": 4}


def recording(seconds=20):
    """Arrays, and the same with the times of their samples."""
    rng = np.random.default_rng(0)
    arrays = {"acc": rng.normal(size=(3, 50 * seconds)), "eda": rng.normal(size=(1, 80))}
    start = pd.Timestamp("2024-03-01 12:00:00.123")
    frames = {
        name: pd.DataFrame(
            x.T, index=start + pd.to_timedelta(np.arange(x.shape[1]) / RATES[name], "s")
        )
        for name, x in arrays.items()
    }
    return arrays, frames


def turned(frames, convert):
    return {n: f.set_axis(convert(f.index)) for n, f in frames.items()}


INDEXES = {
    "datetimes": lambda index: index,
    "microseconds": lambda index: index.as_unit("us"),
    "with a time zone": lambda index: index.tz_localize("Europe/Vienna"),
    "timedeltas": lambda index: index - index[0],
    "seconds": lambda index: (index - index[0]).total_seconds(),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_regular_times_give_the_windows_of_the_arrays(kind):
    arrays, frames = recording()
    labels = np.repeat(["sit", "walk"], 500)
    expected = sliding_windows(arrays, RATES, 2, 0.5, labels)
    timed = turned(frames, INDEXES[kind])
    series = pd.Series(labels, index=timed["acc"].index)
    windows = sliding_windows(timed, RATES, 2, 0.5, series)
    for name in RATES:
        np.testing.assert_array_equal(windows.X[name], expected.X[name])
    assert windows.y.tolist() == expected.y.tolist()
    # To the microsecond, in UTC, what the index has at the first sample of each.
    index = timed["acc"].index
    utc = index.tz_convert(None) if kind == "with a time zone" else index
    rows = (expected.starts * RATES["acc"]).astype(int)
    first = utc[rows].to_numpy()
    assert windows.starts.dtype.kind == first.dtype.kind
    if first.dtype.kind in "mM":
        first = first.astype(f"{first.dtype.kind}8[us]")
    np.testing.assert_array_equal(windows.starts, first)


@pytest.mark.parametrize("year", [1600, 2024, 3000])
def test_years_beyond_the_range_of_nanoseconds(year):
    index = pd.date_range(f"{year}-01-01", periods=10, freq="s", unit="s")
    recording = {"a": pd.Series(np.arange(10.0), index=index)}
    starts = sliding_windows(recording, {"a": 1}, 5, 5).starts
    assert starts.tolist() == index[[0, 5]].to_pydatetime().tolist()


def test_starts_of_recordings_by_several_clocks():
    arrays, frames = recording()
    mixed = sliding_windows([arrays, frames], RATES, 2, 1)
    n_windows = len(mixed.groups) // 2
    assert mixed.starts[:n_windows].tolist() == list(range(n_windows))
    begins = frames["acc"].index[0]
    later = [pd.Timestamp(start) - begins for start in mixed.starts[n_windows:]]
    assert [delta.total_seconds() for delta in later] == list(range(n_windows))
    short = {name: x[:, :1] for name, x in arrays.items()}  # gives no window
    assert sliding_windows([short, frames], RATES, 2, 1).starts.dtype.kind == "M"


def test_one_table_of_all_sensors():
    arrays, frames = recording()
    table = pd.concat(frames, axis=1, sort=True)  # NaN where a slow sensor has no sample
    assert np.isnan(table["eda"].to_numpy()).any()
    X, _, _ = sliding_windows(table, RATES, 2, 1)
    expected = sliding_windows(arrays, RATES, 2, 1)
    for name in RATES:
        np.testing.assert_array_equal(X[name], expected.X[name])
    Z = CroSSLTransformer(max_epochs=1, random_state=0).fit_transform(X)
    assert np.isfinite(Z).all()


def test_jitter_moves_no_sample_and_dropouts_are_gaps():
    arrays, frames = recording()
    rng = np.random.default_rng(1)
    acc = frames["acc"].drop(frames["acc"].index[400:430])
    shift = pd.to_timedelta(np.r_[0, rng.uniform(-0.009, 0.009, len(acc) - 1)], "s")
    X, _, _ = sliding_windows(
        {**frames, "acc": acc.set_axis(acc.index + shift)}, RATES, 2, 2
    )
    expected = arrays["acc"].copy()
    expected[:, 400:430] = np.nan
    np.testing.assert_array_equal(
        X["acc"], sliding_windows({"acc": expected}, {"acc": 50}, 2, 2).X["acc"]
    )


def test_the_start_is_when_all_have_begun_and_the_nearest_sample_counts():
    fast = pd.Series(np.arange(40.0), index=np.arange(40) / 10)
    slow = pd.Series([5.0, 6.0, 7.0, 8.0], index=[1.0, 2.0, 2.8, 3.1])
    grids, spans = on_grids(
        {"fast": fast, "slow": slow}, {"fast": Fraction(10), "slow": Fraction(1)}
    )
    assert spans == {"fast": (0.0, 3.9), "slow": (1.0, 3.1)}
    assert grids["fast"][0].tolist() == list(range(10, 40))
    assert grids["slow"][0].tolist() == [5.0, 6.0, 8.0]


@pytest.mark.parametrize("missing", [slice(300, None), slice(0, 300), slice(None)])
def test_a_sensor_whose_rows_are_nan_is_missing_and_goes_on(missing):
    arrays, _ = recording()
    n = arrays["acc"].shape[1]
    table = pd.DataFrame({"a": np.arange(n), "b": np.arange(n)}, dtype=float)
    table.index = pd.timedelta_range(0, periods=n, freq="20ms")
    table.iloc[missing, 1] = np.nan
    X, _, _ = sliding_windows(table, {"a": 50, "b": 50}, 2, 2)
    expected = {name: table[name].to_numpy() for name in table}
    for name, x in sliding_windows(expected, {"a": 50, "b": 50}, 2, 2).X.items():
        np.testing.assert_array_equal(X[name], x)


def test_sensors_that_begin_late_or_end_early_are_told():
    _, frames = recording()
    for rows in (slice(300), slice(300, None)):
        spoilt = {**frames, "acc": frames["acc"].iloc[rows]}
        with pytest.warns(UserWarning, match="do not cover the same time: 'acc' from"):
            sliding_windows(spoilt, RATES, 2, 2)


@pytest.mark.parametrize("label_rate", [None, 0.3, 1, 4])
@pytest.mark.parametrize(("n", "window"), [(106, 10.6), (1009, 20.9), (42, 1.1)])
def test_labels_take_no_window_away(n, window, label_rate):
    index = pd.timedelta_range(0, periods=n, freq="100ms")
    signal, labels = pd.Series(np.zeros(n), index=index), pd.Series("a", index=index)
    expected = sliding_windows({"a": signal}, {"a": 10}, window, 0.1)
    windows = sliding_windows(
        {"a": signal}, {"a": 10}, window, 0.1, labels, label_rate=label_rate
    )
    np.testing.assert_array_equal(windows.starts, expected.starts)


def test_recordings_with_and_without_a_time_zone():
    _, frames = recording()
    zoned = turned(frames, INDEXES["with a time zone"])
    with pytest.raises(ValueError, match="datetimes with .* and datetimes without"):
        sliding_windows([frames, zoned], RATES, 2, 2)


def test_labels_hold_until_the_next():
    _, frames = recording()
    start = frames["acc"].index[0]
    labels = pd.Series(["sit", "walk"], index=[start, start + pd.Timedelta(10, "s")])
    _, y, _ = sliding_windows(frames, RATES, 2, 2, labels)
    assert y.tolist() == ["sit"] * 5 + ["walk"] * 5


def test_the_first_label_holds_before_it_too():
    _, frames = recording()
    start = frames["acc"].index[0]
    labels = pd.Series(["sit", "walk"], index=start + pd.to_timedelta([6, 10], "s"))
    _, y, _ = sliding_windows(frames, RATES, 2, 2, labels)
    assert y.tolist() == ["sit"] * 5 + ["walk"] * 5


def test_moments_without_a_label():
    _, frames = recording()
    times = frames["acc"].index[0] + pd.to_timedelta([0, 6, 10], "s")
    for labels in (["sit", None, "walk"], ["sit", np.nan, "walk"]):
        _, y, _ = sliding_windows(frames, RATES, 2, 2, pd.Series(labels, index=times))
        assert y.tolist() == ["sit"] * 3 + [None] * 2 + ["walk"] * 5


@pytest.mark.parametrize("kind", INDEXES)
@pytest.mark.parametrize("other", INDEXES)
def test_labels_are_on_the_clock_of_the_signals(kind, other):
    _, frames = recording()
    timed = turned(frames, INDEXES[kind])
    index = INDEXES[other](frames["acc"].index)
    labels = pd.Series(np.repeat(["sit", "walk"], 500), index=index)
    if kind == other or {kind, other} == {"datetimes", "microseconds"}:
        _, y, _ = sliding_windows(timed, RATES, 2, 2, labels)
        assert y.tolist() == ["sit"] * 5 + ["walk"] * 5
    else:
        with pytest.raises(ValueError, match="that of the signals holds .* of labels"):
            sliding_windows(timed, RATES, 2, 2, labels)


def test_two_time_zones_are_one_clock():
    _, frames = recording()
    timed = turned(frames, lambda index: index.tz_localize("UTC"))
    index = timed["acc"].index.tz_convert("Asia/Tokyo")
    labels = pd.Series(np.repeat(["sit", "walk"], 500), index=index)
    _, y, _ = sliding_windows(timed, RATES, 2, 2, labels)
    assert y.tolist() == ["sit"] * 5 + ["walk"] * 5


def test_the_signals_of_a_recording_have_one_clock():
    _, frames = recording()
    frames["eda"] = frames["eda"].tz_localize("UTC")
    with pytest.raises(ValueError, match="of acc holds .* without .* eda holds .* with "):
        sliding_windows(frames, RATES, 2, 2)


@pytest.mark.parametrize("wrap", [np.asarray, list])
def test_labels_without_times_are_refused_where_signals_have_them(wrap):
    _, frames = recording()
    labels = wrap(np.repeat(["sit", "walk"], 500))
    with pytest.raises(ValueError, match=r"index=recording\['acc'\].index"):
        sliding_windows(frames, RATES, 2, 2, labels)
    with pytest.raises(ValueError, match=r"index=recording\['acc'\].index"):
        sliding_windows({"acc": frames["acc"]}, {"acc": 50}, 2, 2, labels)


def test_labels_with_times_are_refused_where_signals_have_none():
    arrays, frames = recording()
    labels = pd.Series(np.repeat(["sit", "walk"], 500), index=frames["acc"].index)
    with pytest.raises(ValueError, match="an index of datetimes without .*to_numpy"):
        sliding_windows(arrays, RATES, 2, 2, labels)
    expected = sliding_windows(arrays, RATES, 2, 2, labels.to_numpy())
    counted = labels.reset_index(drop=True)
    _, y, _ = sliding_windows(arrays, RATES, 2, 2, counted)
    assert y.tolist() == expected.y.tolist()


def test_a_series_without_labels():
    _, frames = recording()
    labels = pd.Series([], index=frames["acc"].index[:0], dtype=object)
    with pytest.raises(ValueError, match="labels has no entry"):
        sliding_windows(frames, RATES, 2, 2, labels)


@pytest.mark.parametrize(
    ("spoil", "error", "match"),
    [
        (lambda f: f.reset_index(drop=True), TypeError, "'acc' has a RangeIndex"),
        (lambda f: f[::-1], ValueError, "'acc' has times that are not in order"),
        (lambda f: f[:1], ValueError, "'acc' has no sample once all have begun"),
        (lambda f: f.to_numpy().T, TypeError, "'acc' is a ndarray, but others"),
        (lambda f: f.set_axis(f.index.astype(str)), TypeError, "'acc' has a Index of"),
        (lambda f: f[:0], ValueError, "'acc' has no sample at all"),
        (
            lambda f: f.set_axis(f.index.where(np.arange(len(f)) > 0)),
            ValueError,
            "'acc' has times that are missing or infinite",
        ),
        (
            lambda f: f.set_axis(np.r_[np.arange(len(f) - 1) / 50, np.inf]),
            ValueError,
            "'acc' has times that are missing or infinite",
        ),
    ],
)
def test_bad_times(spoil, error, match):
    _, frames = recording()
    later = frames["eda"].set_axis(frames["eda"].index + pd.Timedelta(1, "s"))
    with pytest.raises(error, match=match):
        sliding_windows({"acc": spoil(frames["acc"]), "eda": later}, RATES, 2, 1)


def test_samples_go_to_the_nearest_point():
    times = np.array([10.31, 9.0, 10.0, 10.12, 10.5, 10.09])
    values = np.arange(12.0).reshape(6, 2)
    grid = place_on_grid(times, values, 10.0, 10)
    expected = np.full((2, 6), np.nan)
    for point, row in ((0, 2), (1, 5), (3, 0), (5, 4)):
        expected[:, point] = values[row]
    np.testing.assert_array_equal(grid, expected)
    assert place_on_grid(times, values, 11.0, 10).shape == (2, 0)


@settings(deadline=None, max_examples=50)
@given(st.floats(-0.5, 0.5), st.sampled_from([4, 10, 32]), st.integers(0, 99))
def test_a_recording_without_gaps_stays_without_whatever_its_phase(phase, rate, seed):
    n = 20 * rate
    jitter = np.random.default_rng(seed).uniform(-0.2, 0.2, n)
    ticks = np.arange(-rate, n - rate) + phase  # from one second before the start
    times = 1.7e9 + (ticks + jitter) / rate  # seconds of our days round to 1e-7
    grid = place_on_grid(times, np.arange(n, dtype=float)[:, None], 1.7e9, rate)[0]
    steps = np.diff(grid)
    assert not np.isnan(grid).any()
    assert (steps == 1).all()
    assert grid[0] in (rate - 1, rate, rate + 1)


def test_sensors_out_of_step_keep_their_samples():
    start = pd.Timestamp("2024-05-01 12:00:00")
    acc = pd.Series(np.arange(320.0), pd.date_range(start, periods=320, freq="31250us"))
    eda = pd.Series(np.arange(40.0), pd.date_range(start, periods=40, freq="250ms"))
    acc.index += pd.Timedelta("125ms")  # the EDA's first sample is half a step before it
    X, _, _ = sliding_windows({"acc": acc, "eda": eda}, {"acc": 32, "eda": 4}, 2, 2)
    np.testing.assert_array_equal(X["eda"].ravel(), np.arange(32) + X["eda"][0, 0, 0])
    np.testing.assert_array_equal(X["acc"].ravel(), np.arange(256))


def cut(frame, rate):
    return sliding_windows({"acc": frame}, {"acc": rate}, 2, 2)


def seconds(rate, n=64, name="time"):
    index = pd.Index(np.arange(n) / rate, name=name)
    return pd.DataFrame({"x": np.arange(n, dtype=float)}, index=index)


def test_columns_of_times_are_refused():
    frame = seconds(32).assign(t=pd.date_range("2024", periods=64, freq="s"))
    with pytest.raises(TypeError, match=r"'acc' has times in its column\(s\) \['t'\]"):
        cut(frame, 32)
    with pytest.raises(ValueError, match=r"'acc' has values that are no numbers: .*n/a"):
        cut(seconds(32).astype(object).replace(3.0, "n/a"), 32)


@pytest.mark.parametrize("rate", [16, 64])
def test_another_rate_than_that_of_the_index_is_told(rate):
    with pytest.warns(UserWarning, match=f"'acc' has 32 samples .* rates says {rate}"):
        cut(seconds(32, 200), rate)


@pytest.mark.parametrize("times", [range(5, 69), pd.RangeIndex(64, name="time")])
def test_whole_seconds_are_times(times):
    frame = seconds(32).set_axis(pd.Index(times, name=getattr(times, "name", None)))
    assert cut(frame, 1).X["acc"].shape == (32, 1, 2)
    with pytest.raises(TypeError, match="RangeIndex.*expected times"):
        cut(frame.reset_index(drop=True), 1)


def test_labels_at_the_times_of_samples_hold_from_these_on():
    """However both round, in seconds of our days."""
    index = pd.date_range("2024-03-01 12:00:00.1", periods=2000, freq="20ms")
    start = index.as_unit("ns").asi8[0] / 1e9  # 0.1 s are no sum of halves
    places = labels_on_grid(index, index, Fraction(50), start, 2000)
    np.testing.assert_array_equal(places, np.arange(2000))


def test_samples_that_are_anywhere_between_points_move_no_grid():
    times, values = np.array([0, 1.2, 2.45, 3.7]), np.arange(4.0)[:, None]
    grid = place_on_grid(times, values, 0.0, 1)[0]
    np.testing.assert_array_equal(grid, [0, 1, 2, np.nan, 3])


def test_times_that_come_several_times_are_no_other_rate():
    frame = seconds(32)
    X, _, _ = cut(frame.loc[np.repeat(frame.index, 3)], 32)
    np.testing.assert_array_equal(X["acc"].ravel(), np.arange(64))
