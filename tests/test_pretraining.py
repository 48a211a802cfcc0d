"""What a pretraining run returns besides weights."""

import numpy as np
import pytest

from sklearn_crossl import CroSSLTransformer, _batches, _pretraining_net


@pytest.mark.parametrize("on_disk", [False, True])
def test_the_mean_code_of_a_rare_modality_is_of_all_windows_that_have_it(
    tmp_path, on_disk, monkeypatch
):
    monkeypatch.setattr(_pretraining_net, "_PROBE_WINDOWS", 16)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2, 16)).astype(np.float32)
    rare = [1, 3, 7, 8]
    X[np.setdiff1d(np.arange(300), rare), 1] = np.nan
    given = X
    if on_disk:
        np.save(tmp_path / "X.npy", X)
        given = np.load(tmp_path / "X.npy", mmap_mode="r")
        monkeypatch.setattr(_batches, "CHUNK_BYTES", 2**12)
    model = CroSSLTransformer(
        max_epochs=1, summary_size=0, output="modalities", random_state=0
    )
    Z = model.fit(given).transform(X)
    of_rare = [name.startswith("crossl_1_") for name in model.get_feature_names_out()]
    mean = Z[rare][:, of_rare].mean(axis=0)
    np.testing.assert_allclose(Z[0, of_rare], mean, atol=1e-5)
