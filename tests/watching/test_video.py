"""A video's answers are those of an evaluation of its rows; what cannot be read is told, at once or where it breaks."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from affect import samples
from affect.errors import AffectError
from affect.evaluation.predicting import FramePredictor
from affect.evaluation.predictions import outputs
from affect.evaluation.settings import EvaluationConfig
from affect.faces.detector import Detections, Detector
from affect.faces.landmarks68 import Landmarks68
from affect.media.video import TooLargeError, VideoLimits
from affect.models.answer import FrameAnswer, VideoSummary
from affect.preprocessing.clip import preprocess_clip
from affect.watching.settings import LIVE, WatchSettings
from affect.watching.video import WatchedVideo
from tests.made_media import FolderOfClips, make_sound, make_video, portrait, turn
from tests.watching.made_watching import AWAY, MAX_GAP, NETWORKS, RATE, asker, pictures, preprocessing, summarise

WAYS = {"as trained": WatchSettings(batch=9), "carried": WatchSettings(batch=5, carry=True, ahead=2)}


@pytest.fixture(scope="module")
def rows(clips: Path, detector: Detector, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The clip as jobs.preprocess has it, everyone a person."""
    folder = str(tmp_path_factory.mktemp("rows"))
    corpus = FolderOfClips(str(clips), persons=())
    preprocess_clip(corpus, next(corpus.clips()), folder, preprocessing(), detector, Landmarks68())
    return samples.list_faces(folder)


def watched(
    path: Path, name: str, detector: Detector | None, settings: WatchSettings, **more: Any
) -> list[FrameAnswer]:
    with WatchedVideo(path, asker(NETWORKS[name], batch=40), detector, settings, **more) as video:
        return list(video)


def numbers(said: Any) -> list[float]:
    """In the order of predictions.outputs."""
    return [said["valence"], said["arousal"], *said["expression"].values(), *said["action_units"].values()]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NETWORKS)
def test_answers_are_those_of_an_evaluation_of_the_rows(
    clips: Path, detector: Detector, rows: list[str], name: str, way: str
) -> None:
    ask = asker(NETWORKS[name])
    config = EvaluationConfig(model="", data=(), batch=64, carry=way == "carried")
    table = FramePredictor(ask.network, ask.description, config, ask.device)(rows).to_pylist()
    faces = [row for part in samples.read_faces(rows) for row in part.to_pylist()]
    columns = [column for names in outputs(NETWORKS[name]).values() for column in names]
    expected = {
        (row["frame"], round(face["box"][0])): [row[column] for column in columns]
        for row, face in zip(table, faces, strict=True)
        if row["face"]
    }
    answers = watched(clips / "clip.mov", name, detector, WAYS[way])
    assert [answer["frame"] for answer in answers] == list(range(34))
    assert [answer["time_s"] for answer in answers] == pytest.approx(np.arange(34) / RATE, abs=1e-4)
    if name == "audio":  # asked about every frame, here also about those of which an evaluation knows a face
        left = {frame: said for (frame, x), said in expected.items() if x < 100}
        found = {answer["frame"]: numbers(answer["sound"]) for answer in answers}
        assert not any(answer["faces"] for answer in answers)
    else:
        left = expected
        found = {
            (answer["frame"], round(face["box"][0])): numbers(face) for answer in answers for face in answer["faces"]
        }
    assert found.keys() == left.keys()
    assert len(left) > 30
    for place, said in left.items():
        assert found[place] == pytest.approx(said, abs=1e-3), place
    spread = np.std(list(left.values()), axis=0).max()
    assert spread > 1e-2  # else anything would be near enough


def test_tracks_persist_and_gaps_begin_a_sequence_anew(clips: Path, detector: Detector) -> None:
    answers = watched(clips / "clip.mov", "CNN-RNN", detector, WatchSettings(carry=True))
    seen: dict[int, list[int]] = {}
    for answer in answers:
        for face in answer["faces"]:
            seen.setdefault(face["track_id"], []).append(answer["frame"])
    assert sorted(seen.values(), key=len) == [[f for f in range(34) if f not in AWAY], list(range(34))]
    patient = watched(clips / "clip.mov", "CNN-RNN", detector, WatchSettings(carry=True, max_gap=MAX_GAP * 2))
    (right,) = [track for track, frames in seen.items() if len(frames) < 34]

    def valences(answers: list[FrameAnswer]) -> np.ndarray:
        return np.array(
            [face["valence"] for answer in answers for face in answer["faces"] if face["track_id"] == right]
        )

    differ = valences(answers) != valences(patient)
    assert not differ[:12].any()  # the gap of two frames begins nothing anew
    assert differ[12:].any()


@pytest.mark.parametrize("name", ["CNN", "CNN-RNN", "audio-visual"])
def test_batches_change_nothing(clips: Path, detector: Detector, name: str) -> None:
    whole = watched(clips / "clip.mov", name, detector, WatchSettings(batch=100, carry=True))
    single = watched(clips / "clip.mov", name, detector, WatchSettings(batch=1, carry=True, latency_s=0))
    for one, other in zip(whole, single, strict=True):
        for face, same in zip(one["faces"], other["faces"], strict=True):
            assert numbers(face) == pytest.approx(numbers(same), abs=1e-4)
            assert face["box"] == same["box"]


def test_what_was_asked_for_besides(clips: Path, detector: Detector) -> None:
    more = WatchSettings(landmarks68=True, embedding=True, derived_compound=True)
    face = watched(clips / "clip.mov", "CNN", detector, more)[0]["faces"][0]
    assert np.shape(face["landmarks68"]) == (68, 2)
    x, _, width, _ = face["box"]
    points = np.array(face["landmarks68"])
    assert (points[:, 0].mean() - x) / width == pytest.approx(0.5, abs=0.25)
    assert len(face["embedding"]) == 16
    assert face["derived_compound"].keys() >= {"happily surprised", "disgustedly surprised"}
    plain = watched(clips / "clip.mov", "CNN", detector, WatchSettings())[0]["faces"][0]
    assert face.keys() - plain.keys() == {"landmarks68", "embedding", "derived_compound"}


def test_summary(clips: Path, detector: Detector) -> None:
    more = WatchSettings(landmarks68=True, embedding=True, derived_compound=True)
    with WatchedVideo(clips / "clip.mov", asker(NETWORKS["CNN"]), detector, more) as video:
        answers = list(video)
        summary = video.summary()
    # What pydantic keeps is declared, and of the type it is declared to be.
    assert TypeAdapter(list[FrameAnswer]).validate_python(answers, strict=True) == answers
    assert TypeAdapter(VideoSummary).validate_python(summary, strict=True) == summary
    assert summary == summarise(answers) | {"duration_s": pytest.approx(34 / RATE, abs=1e-3)}
    assert (summary["frames"], summary["frames_with_faces"], summary["faces"], summary["broken"]) == (34, 34, 60, None)


def cut_short(clips: Path, folder: Path) -> Path:
    whole = make_video(folder / "whole.mp4", pictures(20), RATE).read_bytes()
    path = folder / "clip.mp4"
    path.write_bytes(whole[: int(0.7 * len(whole))])
    return path


def test_a_file_that_breaks_off_is_answered_so_far(clips: Path, detector: Detector, tmp_path: Path) -> None:
    with WatchedVideo(cut_short(clips, tmp_path), asker(NETWORKS["CNN"]), detector) as video:
        answers = list(video)
        summary = video.summary()
    assert 5 < len(answers) < 20
    assert [answer["frame"] for answer in answers] == list(range(len(answers)))
    assert all(answer["faces"] for answer in answers)
    assert summary["frames"] == len(answers)
    assert "clip.mp4" in str(summary["broken"])
    assert summary["duration_s"] == pytest.approx(len(answers) / RATE, abs=0.01)


def test_a_sound_that_breaks_is_where_it_ends(clips: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*arguments: object) -> Iterator[np.ndarray]:
        yield np.zeros(44_100, np.float32)
        raise AffectError("the sound of clip.mov is damaged after 1.00 s")

    monkeypatch.setattr("affect.media.sound.samples", damaged)
    with WatchedVideo(clips / "clip.mov", asker(NETWORKS["audio-visual"]), detector) as video:
        answers = list(video)
        assert "after 1.00 s" in str(video.summary()["broken"])
    assert len(answers) == RATE + 1


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"seconds": 1.5}, r"2\.7 s, 1\.5 are allowed"),
        ({"frames": 33}, "34 frames, 33"),
        ({"pixels": 40_000}, "48000 pixels, 40000"),
    ],
)
def test_too_large_is_refused_at_once(clips: Path, detector: Detector, limits: dict[str, Any], message: str) -> None:
    with pytest.raises(TooLargeError, match=rf"clip.mov has {message}"):
        WatchedVideo(clips / "clip.mov", asker(NETWORKS["CNN"]), detector, limits=VideoLimits(**limits))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


@pytest.mark.parametrize(("limits", "kept"), [({"seconds": 0.5}, 13), ({"frames": 7}, 7)])
def test_what_the_headers_do_not_say_ends_where_it_is_too_large(
    detector: Detector, tmp_path: Path, limits: dict[str, Any], kept: int
) -> None:
    import av

    whole = make_video(tmp_path / "whole.mp4", pictures(14), RATE)
    path = tmp_path / "clip.h264"  # no index, no duration, and so 25 frames a second
    with av.open(str(whole)) as source, av.open(str(path), "w", format="h264") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with WatchedVideo(path, asker(NETWORKS["CNN"]), detector, limits=VideoLimits(**limits)) as video:
        assert len(list(video)) == kept
        assert "are allowed" in str(video.summary()["broken"])


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not a readable media file"), (b"no video at all" * 99, "not a readable"), (None, "does not exist")],
)
def test_what_is_no_video(detector: Detector, tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AffectError, match=f"clip.mp4.*{message}"):
        WatchedVideo(path, asker(NETWORKS["CNN"]), detector)


def test_sound_alone_and_pictures_alone(detector: Detector, tmp_path: Path) -> None:
    wave = make_sound(tmp_path / "sound.wav", np.zeros(4000))
    with pytest.raises(AffectError, match="sound.wav has no video stream"):
        WatchedVideo(wave, asker(NETWORKS["CNN"]), detector)
    silent = make_video(tmp_path / "silent.mp4", [portrait()] * 3)
    with pytest.raises(AffectError, match="silent.mp4 has no sound, which the model takes"):
        WatchedVideo(silent, asker(NETWORKS["audio-visual"]), detector)


def test_variable_rate_and_turned_pictures(detector: Detector, tmp_path: Path) -> None:
    times = [0.5, 0.54, 0.7, 0.71, 1.3]
    sideways = [np.ascontiguousarray(np.rot90(portrait())) for _ in times]
    made = make_video(tmp_path / "coded.mov", sideways, times=times)
    path = turn(made, tmp_path / "turned.mov", (0, 1, -1, 0))
    answers = watched(path, "CNN", detector, WatchSettings())
    assert [answer["time_s"] for answer in answers] == pytest.approx(np.array(times) - 0.5, abs=2e-3)
    assert all(len(answer["faces"]) == 1 for answer in answers)
    eyes = np.array(answers[0]["faces"][0]["landmarks"])[:2]
    mouth = np.array(answers[0]["faces"][0]["landmarks"])[3:]
    assert mouth[:, 1].min() > eyes[:, 1].max()


def test_a_face_that_cannot_be_aligned_is_set_aside(clips: Path, detector: Detector) -> None:
    asked = 0

    def coincide(picture: np.ndarray) -> Detections:
        nonlocal asked
        asked += 1
        found = detector(picture)
        return found if asked != 3 else Detections(found.boxes, found.scores, found.landmarks * 0)

    with WatchedVideo(clips / "clip.mov", asker(NETWORKS["CNN"]), coincide) as video:
        answers = list(video)
        (aside,) = video.summary()["set_aside"]
    assert [answer["frame"] for answer in answers if "set_aside" in answer] == [2]
    assert (answers[2]["faces"], len(answers[3]["faces"])) == ([], 2)
    assert (aside["frames"], aside["first_s"]) == (1, 0.1)
    assert "coincide" in aside["reason"]


def test_little_is_decoded_ahead_and_nothing_after_the_end(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affect.watching import video as module

    decoded = 0
    real = module.frames

    def counted(*arguments: Any) -> Iterator[Any]:
        nonlocal decoded
        for frame in real(*arguments):
            decoded += 1
            yield frame

    monkeypatch.setattr(module, "frames", counted)
    settings = WatchSettings(batch=3, ahead=2)
    video = WatchedVideo(clips / "clip.mov", asker(NETWORKS["CNN"]), lambda picture: Detections.none(), settings)
    next(video)
    time.sleep(0.3)
    assert decoded <= 3 + 3 + 2 + 2  # gathered, prepared, decoded, and one in work of each
    video.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
    with pytest.raises(StopIteration):
        next(video)


def test_no_frame_waits_longer_than_it_may(clips: Path) -> None:
    """A slow detector; with batches of 100 the first answer would come after all frames."""
    slow = 0.0

    def detector(picture: np.ndarray) -> Detections:
        nonlocal slow
        time.sleep(0.02)
        slow += 0.02
        return Detections.none()

    settings = WatchSettings(batch=100, latency_s=0.06)
    with WatchedVideo(clips / "clip.mov", asker(NETWORKS["CNN"]), detector, settings) as video:
        next(video)
        assert slow < 0.5
        assert len(list(video)) == 33


def test_live_settings_hear_nothing_of_the_future(clips: Path, detector: Detector) -> None:
    centred = watched(clips / "clip.mov", "audio", None, WatchSettings())
    causal = watched(clips / "clip.mov", "audio", None, LIVE)
    assert len(causal) == len(centred)
    assert numbers(causal[0]["sound"]) != numbers(centred[0]["sound"])
