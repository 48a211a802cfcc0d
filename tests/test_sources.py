"""One modality's windows: in memory, on disk, of unequal lengths."""

import h5py
import numpy as np
import pytest
import zarr

from sklearn_crossl._sources import InMemory, OnDisk, Unequal

ROWS = [slice(None), slice(3, 7), np.array([0, 1, 5, 6, 2, 19]), np.array([], dtype=int)]


def values(dtype="f4"):
    x = np.random.default_rng(0).normal(size=(20, 4, 6)) * 100
    return x.astype(dtype)


def memmap(x, folder, mode="r"):
    path = folder / "x.dat"
    np.memmap(path, dtype=x.dtype, mode="w+", shape=x.shape)[:] = x
    return np.memmap(path, dtype=x.dtype, mode=mode, shape=x.shape)


def hdf5(x, folder):
    return h5py.File(folder / "x.h5", "w").create_dataset("x", data=x, chunks=(8, 4, 6))


def zarr_array(x, folder):
    array = zarr.create_array(
        folder / "x.zarr", shape=x.shape, dtype=x.dtype, chunks=(7, 4, 6)
    )
    array[:] = x
    return array


STORES = {"memmap": memmap, "hdf5": hdf5, "zarr": zarr_array}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", "i2", "u1", "i4", "i8"])
def test_disk_reads_what_memory_holds(store, dtype, tmp_path):
    x = values(dtype)
    expected = x.astype("f8" if dtype in ("f8", "i4", "i8") else "f4")
    source = OnDisk(STORES[store](x, tmp_path))
    assert len(source) == 20
    assert source.shape == (4, 6)
    assert source.dtype == expected.dtype
    assert source.integers == (dtype[0] in "iu")
    for rows in ROWS:
        np.testing.assert_array_equal(source.take(rows), expected[rows])
        for indices in ([1, 2], [3, 0]):
            part = source.channels(indices)
            assert part.shape == (2, 6)
            np.testing.assert_array_equal(part.take(rows), expected[:, indices][rows])


def test_what_was_read_does_not_change_with_the_file(tmp_path):
    array = memmap(values(), tmp_path, "r+")
    part = OnDisk(array).take(slice(0, 5))
    before = part.copy()
    array[:] = 0
    np.testing.assert_array_equal(part, before)


def test_copy_on_write_maps_keep_what_was_written(tmp_path):
    array = memmap(values(), tmp_path, "c")
    array[3] = 7
    source = OnDisk(array)
    assert (source.take(slice(3, 4)) == 7).all()
    assert (source.take(slice(3, 4)) == 7).all()


def test_a_view_of_a_map_is_read_as_the_view(tmp_path):
    x = values()
    source = OnDisk(memmap(x, tmp_path)[5:15, 1:3, ::2])
    np.testing.assert_array_equal(source.take(slice(2, 4)), x[5:15, 1:3, ::2][2:4])


def test_two_dimensions_are_one_channel(tmp_path):
    x = values()[:, 0]
    for source in (InMemory(x), OnDisk(memmap(x, tmp_path))):
        assert source.flat
        assert source.shape == (1, 6)
        np.testing.assert_array_equal(source.take(slice(2, 4)), x[2:4, None])


def test_unequal_windows_are_padded_with_nan():
    windows = [np.full((2, n), float(n)) for n in (3, 0, 7, 4, 9)]
    source = Unequal(windows, 2)
    assert source.shape == (2, 9)
    assert source.padded_lengths().tolist() == [3, 1, 8, 4, 12]
    taken = source.take(np.array([0, 3]))
    assert taken.shape == (2, 2, 4)
    assert np.isnan(taken[0, :, 3]).all()
    np.testing.assert_array_equal(taken[1], windows[3])
    assert source.take(np.array([1])).shape == (1, 2, 1)
    assert source.is_padded().tolist() == [False, True, True, False, True]
    np.testing.assert_array_equal(source.channels([1]).take(np.array([2]))[0, 0, :7], 7.0)


@pytest.mark.parametrize("length", range(1, 200))
def test_padding_is_less_than_half(length):
    padded = Unequal([np.zeros((1, length))], 1).padded_lengths()[0]
    assert length <= padded <= max(2, 1.5 * length)


def test_equal_windows_are_never_padded():
    image = InMemory(np.zeros((3, 2, 5, 4), dtype=np.float32))
    assert not image.is_padded().any()
    assert image.sizes(slice(0, 2)).tolist() == [40, 40]


def test_training_sees_the_fullest_stretch_of_a_window_much_longer_than_others():
    windows = [np.zeros((1, 10)) for _ in range(9)] + [np.full((1, 330), np.nan)]
    windows[-1][0, 150:290] = np.arange(140.0)
    source = Unequal(windows, 1)
    assert source.usual_shape == (1, 10)
    (shortened,) = source.shortened().windows[-1]
    assert len(shortened) == 160
    assert np.isfinite(shortened).sum() == 130  # of 0, 160 and 170 the second is best
    assert all(x.shape == (1, 10) for x in source.shortened().windows[:-1])
    assert Unequal([*windows[:-1], np.zeros((1, 160))], 1).shortened().shape == (1, 160)
