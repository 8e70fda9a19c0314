"""Top-1 and top-5 counts against sorting, in one part and in several."""

import numpy as np

from affect.metrics.top_hits import TopHits


def test_counts_equal_those_of_sorting_however_the_batch_is_cut() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.random((50, 9)), rng.integers(0, 9, 50)
    order = np.argsort(-scores, axis=1)
    first = int((order[:, 0] == labels).sum())
    five = int((order[:, :5] == labels[:, None]).any(axis=1).sum())
    parts = [TopHits(), TopHits()]
    parts[0].update(scores[:17], labels[:17])
    parts[1].update(scores[17:], labels[17:])
    assert parts[0].merge(parts[1].state()).counts.tolist() == [first, five, 50]
