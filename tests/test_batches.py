"""Batches of windows in memory and on disk."""

import numpy as np
import pytest
import torch

from sklearn_crossl import _batches
from sklearn_crossl._batches import (
    ShuffledBatches,
    StreamedWindows,
    WindowDataset,
    make_dataset,
)
from sklearn_crossl._sources import InMemory, OnDisk, Unequal
from sklearn_crossl._windows import Windows

CPU = torch.device("cpu")
MEAN = {"a": np.array([10.0, 0.0]), "b": np.array([-5.0])}
SCALE = {"a": np.array([2.0, 1.0]), "b": np.array([3.0])}


def windows(n_windows=500, folder=None):
    """Windows whose every value tells their row."""
    rows = np.arange(n_windows, dtype=np.float32)[:, None, None]
    data = {"a": np.tile(rows, (1, 2, 8)), "b": np.tile(rows, (1, 1, 4))}
    if folder is None:
        return Windows.of({name: InMemory(x) for name, x in data.items()})
    sources = {}
    for name, x in data.items():
        np.save(folder / f"{name}.npy", x)
        sources[name] = OnDisk(np.load(folder / f"{name}.npy", mmap_mode="r"))
    return Windows.of(sources)


def rows_of(batches):
    """Rows of each batch, read off the second channel, which is not scaled."""
    return [batch.inputs["a"][:, 1, 0].numpy().astype(int) for batch, _ in batches]


def streamed(folder, n_windows=500, n_chunks=5):
    size = 4 * (2 * 8 + 4) * n_windows
    return StreamedWindows(windows(n_windows, folder), MEAN, SCALE, size / n_chunks)


@pytest.mark.parametrize("n_windows", [2, 3, 31, 32, 33, 65, 500])
@pytest.mark.parametrize("batch_size", [2, 32])
def test_every_window_comes_once_in_batches_of_two_or_more(n_windows, batch_size):
    batches = ShuffledBatches(
        make_dataset(windows(n_windows), MEAN, SCALE), batch_size, CPU
    )
    rows = rows_of(batches)
    assert sorted(np.concatenate(rows)) == list(range(n_windows))
    assert len(rows) == len(batches)
    assert min(map(len, rows)) >= 2
    assert max(map(len, rows)) <= max(batch_size, 3)


def test_every_streamed_window_comes_once(tmp_path):
    dataset = streamed(tmp_path)
    assert dataset.n_chunks == 5
    rows = rows_of(ShuffledBatches(dataset, 32, CPU))
    assert sorted(np.concatenate(rows)) == list(range(500))
    assert min(map(len, rows)) > 16


def test_streamed_batches_are_as_large_as_asked_for(tmp_path):
    whole = windows(500, tmp_path)
    dataset = StreamedWindows(whole, MEAN, SCALE, 2000, fewest=64)
    assert dataset.n_chunks == 7
    rows = rows_of(ShuffledBatches(dataset, 64, CPU))
    assert sorted(np.concatenate(rows)) == list(range(500))
    assert len(rows) <= 14
    assert 32 <= min(map(len, rows)) <= max(map(len, rows)) <= 64
    assert StreamedWindows(whole, MEAN, SCALE, 2000, fewest=1000).n_chunks == 1


def test_chunks_come_from_all_over_the_file_and_differ_by_epoch(tmp_path):
    dataset = streamed(tmp_path)
    batches = ShuffledBatches(dataset, 100, CPU)
    first, second = np.concatenate(rows_of(batches)), np.concatenate(rows_of(batches))
    assert (first != second).any()
    for chunk in np.split(first, 5):
        assert len(np.unique(chunk // 100)) >= 3  # fifths of the file
        assert np.corrcoef(np.arange(100), chunk)[0, 1] < 0.5  # shuffled within


def test_streaming_reads_runs_of_windows(tmp_path, monkeypatch):
    dataset = streamed(tmp_path)
    read = []
    original = OnDisk._read
    monkeypatch.setattr(
        OnDisk,
        "_read",
        lambda self, start, stop: (
            read.append(stop - start) or original(self, start, stop)
        ),
    )
    list(dataset.chunks())
    assert np.mean(read) >= 500 / (5 * 16)


def test_streamed_windows_are_standardised(tmp_path):
    batch = streamed(tmp_path).read(np.array([3, 4, 9])).batch(np.arange(3))
    np.testing.assert_allclose(batch.inputs["a"][:, 0, 0], [-3.5, -3, -0.5])
    np.testing.assert_allclose(batch.inputs["b"][:, 0, 0], [8 / 3, 3, 14 / 3], rtol=1e-6)


@pytest.mark.parametrize("n_windows", [20, 500])
def test_a_sample_is_spread_over_the_file(tmp_path, n_windows):
    for dataset in (streamed(tmp_path, n_windows), make_dataset(windows(), MEAN, SCALE)):
        sample, chosen = dataset.sample(64)
        rows = sample.batch(chosen).inputs["a"][:, 1, 0].numpy()
        assert 16 <= len(rows) <= 64
        assert rows.min() < len(dataset) / 10
        assert rows.max() > len(dataset) * 0.85
        assert len(np.unique(rows)) == len(rows)


@pytest.mark.parametrize("stream", [False, True])
def test_a_window_keeps_its_group(tmp_path, stream, monkeypatch):
    if stream:
        monkeypatch.setattr(_batches, "CHUNK_BYTES", 2000)
    whose = np.arange(500) // 50
    names = np.array(list("ABCDEFGHIJ"))[whose]
    dataset = make_dataset(windows(500, tmp_path), MEAN, SCALE, names)
    assert isinstance(dataset, StreamedWindows) == stream
    sample, chosen = dataset.sample(64)
    rows = sample.batch(chosen).inputs["a"][:, 1, 0].numpy().astype(int)
    np.testing.assert_array_equal(sample.groups[chosen], whose[rows])


def test_what_is_small_or_in_memory_is_loaded(tmp_path, monkeypatch):
    assert isinstance(make_dataset(windows(500, tmp_path), MEAN, SCALE), WindowDataset)
    monkeypatch.setattr(_batches, "CHUNK_BYTES", 2000)
    assert isinstance(make_dataset(windows(500), MEAN, SCALE), WindowDataset)
    on_disk = make_dataset(windows(500, tmp_path), MEAN, SCALE)
    assert isinstance(on_disk, StreamedWindows)


@pytest.mark.parametrize("stream", [False, True])
def test_windows_with_one_modality_keep_to_themselves(tmp_path, stream):
    rng = np.random.default_rng(0)
    observed = rng.random((500, 2)) < 0.6
    observed[~observed.any(1)] = True
    part = windows(500, tmp_path)
    part = Windows(part.data, observed, part.incomplete)
    dataset = StreamedWindows(part, MEAN, SCALE, 10_000 if stream else 2**27)
    batches = ShuffledBatches(
        dataset if stream else dataset.read(np.arange(500)), 32, CPU
    )
    seen, number, kinds = 0, 0, set()
    for batch, _ in batches:
        number += 1
        count = batch.observed.sum(1)
        seen += len(count)
        kinds.add(int(count[0]))
        assert (count == count[0]).all()
        if count[0] == 1:
            assert (batch.observed == batch.observed[0]).all()
    assert seen == 500
    assert kinds == {1, 2}
    assert number <= len(batches)
    assert stream or number == len(batches)


def test_a_few_windows_with_one_modality_go_with_the_others():
    observed = np.ones((100, 2), dtype=bool)
    observed[:5, 0] = False
    whole = windows(100)
    dataset = WindowDataset(whole.data, observed, whole.incomplete)
    assert len(ShuffledBatches(dataset, 50, CPU)) == 2


@pytest.mark.parametrize("room", [0.0, 1e9])
def test_batches_are_the_same_from_a_device_that_holds_the_data(monkeypatch, room):
    monkeypatch.setattr(_batches, "memory_for_data", lambda device: room)
    part = windows(100)
    observed = np.ones((100, 2), dtype=bool)
    observed[::3, 1] = False
    dataset = WindowDataset(part.data, observed, part.incomplete)
    rows = np.array([5, 3, 99])
    expected = dataset.batch(rows)
    dataset.move_to(CPU)
    assert (len(dataset._resident) == 2) == bool(room)
    batch = dataset.batch(rows)
    for name in ("a", "b"):
        assert torch.equal(batch.inputs[name], expected.inputs[name])
    assert torch.equal(batch.rows["b"], torch.tensor([0]))
    assert batch.rows["a"] is None


def test_data_with_gaps_is_not_held_by_the_device():
    part = windows(10)
    part.incomplete[3, 0] = True
    dataset = WindowDataset(part.data, part.observed, part.incomplete)
    before = dataset.batch(np.arange(10))
    dataset.move_to(CPU)
    after = dataset.batch(np.arange(10))
    assert list(dataset._resident) == ["b"]
    for name in part.data:
        assert torch.equal(after.inputs[name], before.inputs[name])


def test_batches_say_where_values_are():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(1, n)).astype(np.float32) for n in (5, 8, 6, 0)]
    gappy = rng.normal(size=(4, 2, 3)).astype(np.float32)
    gappy[2, 1, 1] = np.nan
    data = {"a": Unequal(x, 1), "b": InMemory(gappy)}
    part = Windows.of(data)
    dataset = WindowDataset(data, part.observed, part.incomplete)
    batch = dataset.batch(np.arange(4))
    assert batch.rows["a"].tolist() == [0, 1, 2]
    assert batch.present["a"].sum((1, 2)).tolist() == [5, 8, 6]
    assert (batch.inputs["a"][0, :, 5:] == 0).all()
    assert batch.rows["b"] is None
    assert (~batch.present["b"]).nonzero().tolist() == [[2, 1, 1]]
    assert torch.isfinite(batch.inputs["b"]).all()
    assert dataset.batch(np.array([0, 1])).present["b"] is None
    assert dataset.batch(np.array([1, 1])).present["a"] is None


def test_batches_of_all_kinds_are_mixed():
    whole = windows(640)
    observed = np.ones((640, 2), dtype=bool)
    observed[::2, 1] = False
    dataset = WindowDataset(whole.data, observed, whole.incomplete)
    torch.manual_seed(0)
    kinds = [int(b.observed[0].sum()) for b, _ in ShuffledBatches(dataset, 32, CPU)]
    assert sorted(kinds) == [1] * 10 + [2] * 10
    assert np.count_nonzero(np.diff(kinds)) > 4
