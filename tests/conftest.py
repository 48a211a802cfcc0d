"""Settings that must stand before scikit-learn is imported, and common data."""

import os

# Without it, scikit-learn skips its check of array API input.
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ["MPLBACKEND"] = "agg"  # no windows on the screen, in doctests neither
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:  # processes that share the cores
    n_workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // n_workers))

import h5py
import numpy as np
import pytest
import zarr


def make_windows(n_windows=48, n_timepoints=32, seed=0):
    """Two activities seen by an accelerometer (3 channels) and a pulse (1 channel)."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_windows) % 2
    t = np.arange(n_timepoints) / n_timepoints
    rate = np.where(y, 5.0, 2.0)[:, None, None]
    phase = rng.uniform(0, 2 * np.pi, size=(n_windows, 1, 1))
    gain = np.array([1.0, 0.5, 2.0, 1.5])[:, None]
    X = gain * np.sin(2 * np.pi * rate * t + phase) + rng.normal(
        scale=0.3, size=(n_windows, 4, n_timepoints)
    )
    return X.astype(np.float32), y


def hdf5_group(X):
    """A file in memory."""
    file = h5py.File.in_memory()
    for name, x in X.items():
        file.create_dataset(name, data=x)
    return file


def zarr_group(X):
    """A store in memory."""
    group = zarr.create_group(zarr.storage.MemoryStore())
    for name, x in X.items():
        group.create_array(name, data=x)
    return group


@pytest.fixture
def windows():
    return make_windows()


@pytest.fixture
def X(windows):
    return windows[0]
