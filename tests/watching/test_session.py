"""One stream, frame by frame: what is remembered, refused, forgotten, and shared with other streams."""

from pathlib import Path

import numpy as np
import pytest

from affect.errors import AffectError
from affect.evaluation.compound import compound_scores
from affect.faces.detector import Detections, Detector
from affect.labels import RAFDB_COMPOUNDS
from affect.media.sound import samples
from affect.media.video import TooLargeError, frames
from affect.networks.spec import NetworkSpec
from affect.watching.session import Session
from affect.watching.settings import LIVE, WatchSettings
from affect.watching.video import WatchedVideo
from tests.watching.made_watching import FORM, NETWORKS, RATE, asker, pictures

SHOWN = pictures(12)


def session(name: str, detector: Detector | None, settings: WatchSettings = LIVE) -> Session:
    return Session(asker(NETWORKS[name]).description, detector, settings)


@pytest.mark.parametrize("name", ["CNN-RNN", "audio-visual", "audio"])
def test_live_answers_are_those_of_the_file_watched_the_same_way(clips: Path, detector: Detector, name: str) -> None:
    """State is carried, sound is heard as it comes."""
    path, ask = clips / "clip.mov", asker(NETWORKS[name])
    with WatchedVideo(path, ask, detector, LIVE) as video:
        expected = list(video)
    live = session(name, detector)
    parts = iter(samples(path, 44_100))
    for frame, answer in zip(frames(path), expected, strict=True):
        if live.listens:
            while not live.heard or live._hearing.heard < 44_100 * (frame.time_s + 0.1):
                live.hear(next(parts))
        said = live.answer(frame.picture, 100 + frame.time_s, ask) if not live.listens else None
        said = said or live.answer(frame.picture, frame.time_s, ask)
        assert said["frame"] == answer["frame"]
        for one, other in [*zip(said["faces"], answer["faces"], strict=True), (said.get("sound"), answer.get("sound"))]:
            if one is not None:
                assert one["expression"] == pytest.approx(other["expression"], abs=1e-4)
                assert one.get("track_id") == other.get("track_id")


def test_sessions_share_one_batch_of_a_network(detector: Detector) -> None:
    """Prepared apart, asked about together, each goes on from what it remembers."""
    ask = asker(NETWORKS["CNN-RNN"], batch=3)
    alone = []
    for first in range(3):
        one = session("CNN-RNN", detector)
        alone.append([one.answer(SHOWN[first + place], place / RATE, ask) for place in range(4)])
    together = [session("CNN-RNN", detector) for _ in range(3)]
    for place in range(4):
        prepared = [one.prepare(SHOWN[first + place], place / RATE) for first, one in enumerate(together)]
        asked = [one.stretches([frame]) for one, frame in zip(together, prepared, strict=True)]
        answered = iter(ask([stretch for of_one in asked for stretch in of_one]))
        for first, one in enumerate(together):
            (said,) = one.describe([prepared[first]], [next(answered) for _ in asked[first]])
            for face, same in zip(said["faces"], alone[first][place]["faces"], strict=True):
                assert face["expression"] == pytest.approx(same["expression"], abs=1e-5)


def test_asking_again_before_describing_changes_nothing(detector: Detector) -> None:
    ask, live = asker(NETWORKS["CNN-RNN"]), session("CNN-RNN", detector)
    live.answer(SHOWN[0], 0.0, ask)
    frame = live.prepare(SHOWN[1], 0.1)
    first = ask(live.stretches([frame]))
    again = ask(live.stretches([frame]))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.outputs["expression"], other.outputs["expression"])
    with pytest.raises(AffectError, match="0 answers to 2 stretches"):
        live.describe([frame], [])
    assert len(live.describe([frame], again)[0]["faces"]) == 2


def test_time_goes_on(detector: Detector) -> None:
    ask, live = asker(NETWORKS["CNN"]), session("CNN", detector)
    live.answer(SHOWN[0], 5.0, ask)
    for early in (5.0, 4.9):
        with pytest.raises(AffectError, match=f"{early:g} s came after the one at 5 s"):
            live.answer(SHOWN[1], early, ask)
    with pytest.raises(AffectError, match="nan"):
        live.answer(SHOWN[1], float("nan"), ask)
    assert live.answer(SHOWN[1], 5.1, ask)["frame"] == 1


def test_reset_begins_another_stream(detector: Detector) -> None:
    ask, live = asker(NETWORKS["CNN-RNN"]), session("CNN-RNN", detector)
    first = [live.answer(picture, place / RATE, ask) for place, picture in enumerate(SHOWN[:4])]
    live.reset()
    assert [live.answer(picture, place / RATE, ask) for place, picture in enumerate(SHOWN[:4])] == first


def test_a_closed_session_answers_no_more(detector: Detector) -> None:
    ask, live = asker(NETWORKS["CNN"]), session("CNN", detector)
    live.close()
    live.close()
    for call in (lambda: live.answer(SHOWN[0], 0.0, ask), live.reset, lambda: live.hear(np.zeros(9, np.float32))):
        with pytest.raises(AffectError, match="closed"):
            call()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((20, 20), np.uint8), "uint8 .20, 20."),
        (np.zeros((20, 20, 3)), "float64"),
        (np.zeros((0, 20, 3), np.uint8), "no pixels"),
    ],
)
def test_what_is_no_picture(detector: Detector, picture: np.ndarray, message: str) -> None:
    live = session("CNN", detector)
    with pytest.raises(AffectError, match=message):
        live.prepare(picture, 0.0)
    assert live.frames == 0


def test_too_many_pixels(detector: Detector) -> None:
    live = Session(asker(NETWORKS["CNN"]).description, detector, max_pixels=47_999)
    with pytest.raises(TooLargeError, match="48000 pixels, 47999"):
        live.prepare(SHOWN[0], 0.0)


def test_who_is_gone_is_forgotten() -> None:
    """Memory of an endless stream does not grow with the people who passed."""
    shown = np.zeros((100, 100, 3), np.uint8)

    def detector(picture: np.ndarray) -> Detections:
        points = np.array([[[30, 30], [50, 30], [40, 40], [32, 50], [48, 50]]], np.float32)
        return Detections(np.array([[20, 20, 40, 40]], np.float32), np.ones(1, np.float32), points)

    ask, live = asker(NETWORKS["CNN-RNN"]), session("CNN-RNN", detector)
    tracks = [live.answer(shown, 2.0 * place, ask)["faces"][0]["track_id"] for place in range(5)]
    assert tracks == list(range(5))
    assert len(live._memories) == 1


def test_a_model_that_hears_needs_sound(detector: Detector) -> None:
    live = session("audio-visual", detector)
    with pytest.raises(AffectError, match="takes sound too"):
        live.prepare(SHOWN[0], 0.0)
    with pytest.raises(AffectError, match=r"float64 \(5,\)"):
        live.hear(np.zeros(5))
    with pytest.raises(AffectError, match="give the session a detector"):
        session("audio-visual", None)


def test_sound_has_its_place_in_time(detector: Detector) -> None:
    """Gaps are silence, overlaps are dropped, and after a long gap nothing is left of what was."""
    tone = np.sin(np.arange(44_100) / 9).astype(np.float32)
    whole, parts, late = (session("audio", None) for _ in range(3))
    whole.hear(np.concatenate([tone[:9000], np.zeros(1000, np.float32), tone[10_000:20_000]]))
    parts.hear(tone[:9000], 3.0)
    parts.hear(tone[10_000:16_000], 3.0 + 10_000 / 44_100)
    parts.hear(tone[15_000:20_000], 3.0 + 15_000 / 44_100)
    expected = whole.prepare(None, 0.45).sound
    assert expected is not None
    assert expected.max() > 0
    np.testing.assert_array_equal(parts.prepare(None, 3.45).sound, expected)
    late.hear(tone, 0.0)
    late.hear(tone[:9000], 3600.0)
    late.hear(tone[10_000:20_000], 3600 + 10_000 / 44_100)
    np.testing.assert_array_equal(late.prepare(None, 3600.45).sound, expected)


def test_derived_compound_expressions(detector: Detector) -> None:
    settings = LIVE.model_copy(update={"derived_compound": True, "embedding": True})
    ask, live = asker(NETWORKS["CNN"]), session("CNN", detector, settings)
    frame = live.prepare(SHOWN[0], 0.0)
    (answered,) = ask(live.stretches([frame]))
    (said,) = live.describe([frame], [answered])
    expected = compound_scores(answered.outputs, RAFDB_COMPOUNDS, NETWORKS["CNN"].action_units)
    for face, scores, embedding in zip(said["faces"], expected, answered.outputs["embedding"], strict=True):
        assert list(face["derived_compound"]) == list(RAFDB_COMPOUNDS)
        assert list(face["derived_compound"].values()) == pytest.approx(scores.tolist(), abs=1e-5)
        assert face["embedding"] == pytest.approx(embedding.tolist(), abs=1e-5)
    lacking = NetworkSpec(**FORM, heads=("valence_arousal",))
    with pytest.raises(AffectError, match="need the network's expression"):
        Session(asker(lacking).description, detector, settings)
