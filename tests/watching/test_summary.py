"""What a summary says of made answers, beside NumPy on the same numbers."""

from collections import Counter

import numpy as np
import pytest

from affect.labels import EXPRESSIONS
from affect.models.answer import Face, FrameAnswer
from affect.watching.summary import REASONS, Summary
from tests.watching.made_watching import summarise


def face(rng: np.random.Generator, track: int) -> Face:
    return {
        "track_id": track,
        "box": [0.0, 0.0, 9.0, 9.0],
        "score": 0.9,
        "landmarks": [[0.0, 0.0]] * 5,
        "valence": rng.uniform(-1, 1),
        "arousal": rng.uniform(-1, 1),
        "expression": dict(zip(EXPRESSIONS, rng.dirichlet([1] * 7).tolist(), strict=True)),
        "action_units": {"AU1": rng.uniform(), "AU12": rng.uniform()},
        "compound": dict(zip(("awed", "hatred"), rng.dirichlet([1, 1]).tolist(), strict=True)),
    }


@pytest.fixture
def answers() -> list[FrameAnswer]:
    rng = np.random.default_rng(0)
    tracks = [[0], [0, 4], [], [4, 0], [4]] * 8
    return [
        {"frame": frame, "time_s": frame / 10, "faces": [face(rng, track) for track in there]}
        for frame, there in enumerate(tracks)
    ]


@pytest.mark.parametrize("track", [None, 0, 4])
def test_figures_are_those_of_numpy(answers: list[FrameAnswer], track: int | None) -> None:
    summary = summarise(answers)
    faces = [(a["time_s"], f) for a in answers for f in a["faces"] if track in {None, f["track_id"]}]
    if track is None:
        told = summary["whole"]
        assert (summary["frames"], summary["frames_with_faces"], summary["faces"]) == (40, 32, len(faces))
        assert (summary["duration_s"], summary["broken"]) == (3.9, None)
    else:
        (of_track,) = [one for one in summary["tracks"] if one["track_id"] == track]
        assert of_track["frames"] == len(faces)
        assert (of_track["first_s"], of_track["last_s"]) == (faces[0][0], faces[-1][0])
        told = of_track
    for name in ("valence", "arousal"):
        values = np.array([one[name] for _, one in faces])
        expected = [values.mean(), *np.quantile(values, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])]
        assert list(told[name].values()) == pytest.approx(expected, abs=2e-6)
    probabilities = np.array([list(one["expression"].values()) for _, one in faces])
    assert told["expression"] == EXPRESSIONS[probabilities.mean(axis=0).argmax()]
    votes = Counter(EXPRESSIONS[number] for number in probabilities.argmax(axis=1))
    shares = {name: votes[name] / len(faces) for name in EXPRESSIONS}
    assert told["expression_shares"] == pytest.approx(shares, abs=1e-6)
    assert told["action_units"]["AU12"] == pytest.approx(
        np.mean([one["action_units"]["AU12"] for _, one in faces]), abs=1e-6
    )
    awed = np.array([one["compound"]["awed"] for _, one in faces])
    assert told["compound"] == ("awed" if awed.mean() > 0.5 else "hatred")
    assert told["compound_shares"]["awed"] == pytest.approx((awed > 0.5).mean(), abs=1e-6)


def test_nothing_seen() -> None:
    summary = Summary()
    summary.add({"frame": 0, "time_s": 0.0, "faces": []})
    told = summary.result(2.5, "clip.mp4 breaks off")
    assert (told["frames"], told["faces"], told["tracks"], told["whole"]) == (1, 0, [], {})
    assert (told["duration_s"], told["broken"]) == (2.5, "clip.mp4 breaks off")


def test_what_the_model_lacks_is_absent(answers: list[FrameAnswer]) -> None:
    for answer in answers:
        for one in answer["faces"]:
            for name in ("expression", "action_units", "compound"):
                del one[name]  # type: ignore[misc]
    assert summarise(answers)["whole"].keys() == {"valence", "arousal"}


def test_reasons_are_counted_and_bounded() -> None:
    summary = Summary()
    for frame in range(100):
        reason = f"reason {frame % (REASONS + 5)}"
        summary.add({"frame": frame, "time_s": float(frame), "faces": [], "set_aside": reason})
    aside = summary.result()["set_aside"]
    assert len(aside) == REASONS
    assert aside[3] == {"reason": "reason 3", "frames": 4, "first_s": 3.0}
