"""Videos' expressions from their frames'."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.errors import AffectError
from affect.evaluation.video import VideoExpressions

FRAMES = 12
# Few distinct values, so that votes and means tie now and then.
rows = arrays.arrays(np.float32, (FRAMES, 3), elements=st.integers(0, 4).map(lambda n: n / 4))
videos = st.lists(st.sampled_from(["a", "b/c", "ü"]), min_size=FRAMES, max_size=FRAMES)


def seen(names: list[str], probabilities: np.ndarray) -> VideoExpressions:
    accumulator = VideoExpressions(3)
    accumulator.update(names, torch.from_numpy(probabilities))
    return accumulator


@given(videos, rows)
def test_rules(names: list[str], probabilities: np.ndarray) -> None:
    mean, majority = {}, {}
    for name in sorted(set(names)):
        frames = [row for video, row in zip(names, probabilities, strict=True) if video == name]
        means = [float(np.mean([frame[label] for frame in frames])) for label in range(3)]
        votes = [sum(int(np.argmax(frame)) == label for frame in frames) for label in range(3)]
        mean[name] = max(range(3), key=lambda label: (means[label], -label))
        majority[name] = max(range(3), key=lambda label: (votes[label], means[label], -label))
    accumulator = seen(names, probabilities)
    assert accumulator.predictions() == accumulator.predictions("mean") == mean
    assert accumulator.predictions("majority") == majority


def test_the_rules_differ() -> None:
    accumulator = seen(["v"] * 3, np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0, 1, 0]], dtype=np.float32))
    assert (accumulator.predictions()["v"], accumulator.predictions("majority")["v"]) == (1, 0)


@given(videos, st.integers(0, FRAMES), st.randoms(use_true_random=False))
def test_the_parts_do_not_matter_to_the_last_bit(names: list[str], cut: int, random: np.random.Generator) -> None:
    probabilities = np.random.default_rng(random.randint(0, 99)).dirichlet(np.ones(3), FRAMES)  # type: ignore[attr-defined]
    whole = seen(names, probabilities)
    backwards = seen(names[cut:], probabilities[cut:])
    backwards.merge(seen(names[:cut][::-1], probabilities[:cut][::-1].copy()).state())
    assert backwards.rows.keys() == whole.rows.keys()
    for name, row in whole.rows.items():
        np.testing.assert_array_equal(backwards.rows[name], row)


def test_sums_are_exact_enough() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(7), 1000).astype(np.float32)
    accumulator = VideoExpressions()
    accumulator.update(["v"] * 1000, probabilities)
    np.testing.assert_allclose(accumulator.rows["v"][0] * 2.0**-40, probabilities.astype(float).sum(0), rtol=1e-10)


def test_nothing_seen_and_unknown_rules() -> None:
    empty = VideoExpressions()
    assert empty.merge(VideoExpressions().state()).predictions() == {}
    with pytest.raises(AffectError, match="majority"):
        empty.predictions("major")
