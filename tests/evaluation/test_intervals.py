"""Intervals are SciPy's, drawn by video, and cover what they say."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from affect.evaluation.intervals import Intervals, percentiles, resampled
from affect.evaluation.settings import BootstrapSettings
from affect.metrics import FrameMetrics
from affect.metrics.sums import columns, one_head, to_sums
from affect.networks.spec import NetworkSpec

SPEC = NetworkSpec(encoder="arc-res", heads=("valence_arousal",))
VALENCE = "valence_ccc"


def made_videos(rng: np.random.Generator, count: int, spread: float = 0.4) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Labels and predictions (n, 2) of videos of unequal lengths, each with a mean and an error of its own."""
    made = []
    for _ in range(count):
        frames = int(rng.integers(5, 60))
        labels = rng.normal(0, 0.3, 2) + rng.normal(0, 0.2, (frames, 2))
        made.append((labels, 0.7 * labels + rng.normal(0, spread, 2) + rng.normal(0, 0.1, (frames, 2))))
    return made


def sums_of(videos: list[tuple[NDArray[Any], NDArray[Any]]]) -> NDArray[np.float64]:
    units = []
    for labels, guesses in videos:
        seen = FrameMetrics(SPEC)
        seen.update({"valence_arousal": guesses}, {"valence_arousal": labels})
        units.append(to_sums(seen))
    return np.stack(units)


def ccc(labels: NDArray[Any], guesses: NDArray[Any]) -> float:
    covariance = np.cov(labels, guesses, ddof=0)[0, 1]
    return float(2 * covariance / (labels.var() + guesses.var() + (labels.mean() - guesses.mean()) ** 2))


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_against_scipy_on_the_frames_themselves(level: float) -> None:
    """The same draws: SciPy's from the concatenated frames, ours from the sums."""
    videos = made_videos(np.random.default_rng(0), 7)

    def statistic(places: NDArray[np.int64]) -> float:
        chosen = [videos[place] for place in places]
        labels, guesses = (np.concatenate([video[part][:, 0] for video in chosen]) for part in (0, 1))
        return ccc(labels, guesses)

    theirs = stats.bootstrap(
        (np.arange(7),),
        statistic,
        n_resamples=250,
        batch=250,
        vectorized=False,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    drawn = resampled(sums_of(videos), 250, np.random.default_rng(5))
    assert percentiles(SPEC, drawn, level)[VALENCE] == pytest.approx(tuple(theirs), rel=1e-9)


@pytest.mark.parametrize(("videos", "least"), [(10, 0.75), (30, 0.84), (100, 0.88)])
def test_the_truth_lies_within_as_often_as_is_said(videos: int, least: float) -> None:
    """Of 60 made corpora: the more videos the nearer to the 95 % (docs/evaluation.md has it of many more).

    Fewer than ``least`` have odds of one in a hundred at what was measured; frames drawn alone would hold it in
    fewer than half.
    """
    rng = np.random.default_rng(0)
    whole = made_videos(rng, 3000)
    truth = ccc(*(np.concatenate([video[part][:, 0] for video in whole]) for part in (0, 1)))
    settings = BootstrapSettings(resamples=100)
    inside, alone = 0, 0
    for _ in range(60):
        made = made_videos(rng, videos)
        low, high = Intervals(SPEC, {"made": sums_of(made)}, settings).of("made")[VALENCE]
        inside += low <= truth <= high
        labels, guesses = (np.concatenate([video[part][:, 0] for video in made]) for part in (0, 1))
        drawn = rng.integers(0, len(labels), (100, len(labels)))
        low, high = np.percentile([ccc(labels[chosen], guesses[chosen]) for chosen in drawn], [2.5, 97.5])
        alone += low <= truth <= high
    assert inside >= 60 * least
    assert alone < 30


def test_the_seed_and_the_corpus_decide_the_draws() -> None:
    units = sums_of(made_videos(np.random.default_rng(0), 6))

    def ends(seed: int, *names: str) -> tuple[float, float]:
        settings = BootstrapSettings(resamples=50, seed=seed)
        return Intervals(SPEC, dict.fromkeys(names, units), settings).of(names[-1])[VALENCE]

    assert ends(0, "b") == ends(0, "a", "b")
    assert ends(0, "b") != ends(1, "b")
    assert ends(0, "b") != ends(0, "a")


def test_corpora_joined_are_each_drawn_from_their_own() -> None:
    """Two videos as one corpus may both be left out; as two corpora of one neither can be, and there is no interval."""
    rng = np.random.default_rng(0)
    many, one = sums_of(made_videos(rng, 20)), sums_of(made_videos(rng, 1))
    settings = BootstrapSettings(resamples=50)
    made = Intervals(SPEC, {"one": one, "many": many, "empty": one[:0]}, settings)
    assert made.of("one") == made.of("one", "many") == made.of("empty") == {}
    assert made.of("many", "empty") == made.of("many")
    assert made.units == {"one": {"valence_arousal": 1}, "many": {"valence_arousal": 20}, "empty": {}}
    both = Intervals(SPEC, {"a": many, "b": many}, settings)
    assert both.of("a", "b")[VALENCE] != both.of("a")[VALENCE]


def test_an_output_that_one_video_is_annotated_with_has_no_interval() -> None:
    spec = NetworkSpec(encoder="arc-res", heads=("valence_arousal", "action_units"), action_units=(1, 2))
    units = np.zeros((3, columns(spec)["action_units"].stop))
    units[:, columns(spec)["valence_arousal"]] = sums_of(made_videos(np.random.default_rng(0), 3))
    units[0, columns(spec)["action_units"]] = 3
    found = Intervals(spec, {"made": units}, BootstrapSettings(resamples=20))
    assert found.units == {"made": {"valence_arousal": 3, "action_units": 1}}
    assert {name.split("_")[0] for name in found.of("made")} == {"valence", "arousal"}


def test_an_action_unit_of_few_videos_is_judged_where_it_is_drawn() -> None:
    spec = one_head(NetworkSpec(encoder="arc-res", action_units=(1, 2)), "action_units")
    units = np.zeros((3, 4, 2))
    units[:, 0, 0] = units[:, 1, 0] = [4, 1, 2]  # AU1: as many alarms as hits, F1 two thirds in each
    units[0, 0, 1] = 5  # AU2: in the first video alone, and found
    units[1:, 3, 1] = 9
    found = Intervals(spec, {"made": units.reshape(3, -1)}, BootstrapSettings(resamples=100)).of("made")
    assert found["AU2_f1"] == (1, 1)
    assert found["AU1_f1"] == pytest.approx((2 / 3, 2 / 3))
    assert "action_units_counted" not in found


def test_none_are_made_where_none_are_asked_for() -> None:
    units = sums_of(made_videos(np.random.default_rng(0), 4))
    assert Intervals(SPEC, {"made": units}, BootstrapSettings(resamples=0)).of("made") == {}
