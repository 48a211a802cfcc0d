import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl._gaps import fill_gaps


def literal(x, present):
    """Channel by channel, with NumPy's interpolation."""
    filled = np.zeros_like(x)
    for window in range(len(x)):
        for channel in range(x.shape[1]):
            known = np.flatnonzero(present[window, channel])
            if len(known):
                values = x[window, channel, known]
                times = np.arange(x.shape[2])
                filled[window, channel] = np.interp(times, known, values)
        end = max(np.flatnonzero(present[window].any(0)), default=-1) + 1
        filled[window, :, end:] = 0
    return filled


@settings(deadline=None)
@given(
    st.tuples(st.integers(0, 4), st.integers(1, 3), st.integers(1, 12)),
    st.floats(0, 1),
    st.integers(0, 999),
)
def test_gaps_are_interpolated(shape, share, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape).astype(np.float32)
    present = rng.random(shape) >= share
    filled = fill_gaps(np.where(present, x, np.nan), present)
    assert filled.dtype == np.float32
    np.testing.assert_array_equal(filled[present], x[present])
    np.testing.assert_allclose(filled, literal(x, present), rtol=1e-5, atol=1e-6)


def test_images_are_filled_row_by_row():
    x = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    present = np.ones(x.shape, dtype=bool)
    present[0, 0, 1, 1:3] = False
    present[0, 1, 2] = False
    filled = fill_gaps(np.where(present, x, np.nan), present)
    np.testing.assert_array_equal(filled[0, 0], x[0, 0])
    assert (filled[0, 1, 2] == 0).all()
