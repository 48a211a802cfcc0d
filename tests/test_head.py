"""What the head makes of the embedding and of all features."""

import numpy as np
import pytest
import torch

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl._head import Head
from sklearn_crossl._summary import Summary

SHAPES = {"acc": (2, 32), "pulse": (1, 24)}
SIZE, N_OUTPUTS, N, N_VIEWS = 6, 3, 5, 2


def build(summary_size=4, dropout=0.0):
    torch.manual_seed(0)
    summary = Summary(SHAPES, summary_size, SIZE) if summary_size else None
    head = Head(SIZE, summary, N_OUTPUTS, dropout).eval()
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)
    return head


def draw(head, summary_size=4):
    torch.manual_seed(1)
    z = torch.randn(N_VIEWS, N, SIZE)
    summary = torch.randn(N_VIEWS, N, summary_size)
    features = torch.randn(N, sum(head.sizes))
    keep = torch.tensor(
        [[[True, True]] * N, [[True, False], [False, True]] * 2 + [[1, 1]]]
    )
    return z, summary, features, keep.bool()


def expected_outputs(head, z, summary, features, keep):
    """Each map by itself, literally."""
    z, summary, features = (x.double().numpy() for x in (z, summary, features))
    parameters = {n: p.detach().double().numpy() for n, p in head.named_parameters()}
    z = (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-5)
    read = np.concatenate([z, summary], axis=-1)
    by_embedding = read @ parameters["linear.weight"].T + parameters["linear.bias"]
    seen = np.repeat(keep.numpy(), head.sizes, axis=-1)  # (n_views, n, n_features)
    # A modality's 4 + 1 of squared weight are 0.2 for each feature on average.
    scale = 0.2 / np.sqrt(5 * len(head.sizes) / sum(head.sizes))
    by_features = (features * seen * scale) @ parameters["of_features.weight"].T
    return by_embedding, by_features + parameters["of_features.bias"]


def test_outputs_are_the_weighted_mean_of_both_maps():
    head = build()
    z, summary, features, keep = draw(head)
    by_embedding, by_features = expected_outputs(head, z, summary, features, keep)
    head.trust(60)
    with torch.no_grad():
        outputs = head(z, summary, head.apart(features), keep)
    share = 20 / (2 * 20 + 30)  # of twenty labelled windows for each output
    np.testing.assert_allclose(
        outputs, (1 - share) * by_embedding + share * by_features, rtol=1e-4, atol=1e-5
    )


def test_in_training_each_map_answers_for_itself():
    head = build().train()
    z, summary, features, keep = draw(head)
    with torch.no_grad():
        outputs = head(z, summary, head.apart(features), keep)
    expected = np.concatenate(expected_outputs(head, z, summary, features, keep))
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


def test_the_share_of_the_features_grows_with_the_labels_up_to_a_half():
    head, shares = build(), []
    for n_windows in (1, 9, 90, 900, 10**6):
        head.trust(n_windows)
        shares.append(float(head.share))
    assert shares == sorted(shares)
    assert shares[1] == pytest.approx(3 / 36)
    assert shares[2] == pytest.approx(1 / 3)
    assert 0.499 < shares[-1] < 0.5


def test_without_a_summary_the_embedding_alone_counts():
    head = build(summary_size=0)
    head.trust(10**6)
    z = torch.randn(1, N, SIZE)
    keep = torch.ones(1, N, 2, dtype=torch.bool)
    with torch.no_grad():
        torch.testing.assert_close(head(z, None, None, keep), head.linear(head.norm(z)))


def test_the_embedding_is_dropped_in_training_and_the_features_are_not():
    head = build(dropout=0.5).train()
    z, summary, features, keep = draw(head)
    apart = head.apart(features)
    assert torch.equal(apart, head.apart(features))
    first, second = (head(z, summary, apart, keep) for _ in range(2))
    differs = (first != second).flatten(1).any(1)
    assert differs.tolist() == [True, True, False, False]


def test_the_classifier_learns_from_features_beside_the_embedding():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 30)
    X = rng.normal(size=(60, 3, 32))
    X[:, 2] += y[:, None]
    transformer = CroSSLTransformer({"a": slice(0, 2), "b": 2}, max_epochs=1)
    model = CroSSLClassifier(transformer, random_state=0, max_epochs=20).fit(X, y)
    assert model._weights["head.share"] == pytest.approx(30 / 90)
    network = model._tuned_network()
    assert np.abs(model._weights["head.of_features.weight"]).max() > 0
    blended = model.decision_function(X)
    network.head.share.fill_(1.0)
    by_features = model.decision_function(X)
    assert not np.allclose(blended, by_features)
    assert np.mean((by_features > 0) == y) == 1
