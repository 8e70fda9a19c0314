"""Single pictures and numbered frames: found, or given by the corpus; what is broken or missing says so in its row."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from affect import samples
from affect.faces import load_detector
from affect.faces.landmarks68 import Landmarks68
from affect.media.pictures import decode_jpeg
from affect.preprocessing.clip import preprocess_clip
from affect.preprocessing.settings import AlignmentSettings, Preprocessing
from affect.preprocessing.summary import ClipSummary
from tests.made_media import FolderOfClips, portrait

SETTINGS = Preprocessing()
EMPTY = np.full((224, 224, 3), 90, np.uint8)


def write(folder: Path, pictures: dict[str, np.ndarray]) -> None:
    folder.mkdir(parents=True)
    for name, picture in pictures.items():
        (folder / f"{name}.png").write_bytes(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())


def process(
    tmp_path: Path, settings: Preprocessing = SETTINGS, *, points: bool = False, **corpus: object
) -> tuple[ClipSummary, pa.Table]:
    made = FolderOfClips(str(tmp_path / "media"), **corpus)  # type: ignore[arg-type]
    (clip,) = made.clips()
    out = str(tmp_path / "out")
    detector = load_detector(settings.detector)
    summary = preprocess_clip(made, clip, out, settings, detector, Landmarks68() if points else None)
    again = preprocess_clip(made, clip, out, settings, detector)
    assert again.skipped
    assert again.facts() == summary.facts()
    return summary, samples.open_parquet(samples.faces_uri(out, "made", "train", "clip")).read()


def test_pictures_are_rows_of_their_own_names(tmp_path: Path) -> None:
    two = np.concatenate([np.concatenate([portrait(112), EMPTY[:112, :112]]), portrait(224)], axis=1)
    media = tmp_path / "media" / "clip.pictures"
    write(media, {"a": portrait(), "b": EMPTY, "d": two})
    (media / "c.png").write_bytes(b"no picture")
    (tmp_path / "media" / "clip.labels").write_text("4")
    summary, table = process(tmp_path)
    assert table["video"].to_pylist() == ["a", "b", "c", "d"]
    assert table["frame"].to_pylist() == [0] * 4
    assert table["success"].to_pylist() == [True, False, False, True]
    reasons = table["reason"].to_pylist()
    assert reasons[1] == "no face found"
    assert "picture" in reasons[2]
    assert list(summary.unreadable) == ["c"]
    assert (summary.frames, summary.rows, summary.missed, summary.persons) == (4, 4, 2, 1)
    np.testing.assert_allclose(table["valence"].to_numpy(), np.linspace(-1, 1, 4), atol=1e-6)
    assert table["expression"].to_pylist() == [4, None, 4, None]
    assert set(table["subject"].to_pylist()) == {"someone"}
    assert decode_jpeg(table["image"][0].as_py()).shape == (96, 96, 3)
    assert table["box"][3].as_py()[0] > 112  # the larger of the two


def test_everyone_in_a_picture_without_labels(tmp_path: Path) -> None:
    both = np.concatenate([portrait(), portrait()[:, ::-1]], axis=1)
    write(tmp_path / "media" / "clip.pictures", {"a": both, "b": EMPTY})
    summary, table = process(tmp_path, persons=())
    assert table["video"].to_pylist() == ["a", "a", "b"]
    assert table["person"].to_pylist() == ["0", "1", "0"]
    assert table["success"].to_pylist() == [True, True, False]
    assert summary.persons == 1  # the same subject twice


@pytest.mark.parametrize("size", [48, 200])
def test_given_crops_are_resized_and_not_searched(tmp_path: Path, size: int) -> None:
    # Slow waves: a picture that JPEG keeps and that shows no face.
    noise = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (size, size, 3), np.uint8), (0, 0), size / 20)
    points = np.random.default_rng(1).uniform(0, size, (68, 2)).astype(np.float32)
    write(tmp_path / "media" / "clip.pictures", {"a": noise})
    _, table = process(tmp_path, cropped=True, given={0: {"landmarks68": points}})
    crop = decode_jpeg(table["image"][0].as_py())
    expected = cv2.resize(noise, (96, 96), interpolation=cv2.INTER_AREA if size > 96 else cv2.INTER_LINEAR)
    assert np.abs(crop.astype(int) - expected).mean() < 2
    assert table["landmarks5"].to_pylist() == [None]
    np.testing.assert_allclose(np.reshape(table["landmarks68"][0].as_py(), (68, 2)), points * 96 / size, rtol=1e-5)
    _, anew = process(_moved(tmp_path), SETTINGS.override(["given=false"]), cropped=True)
    assert anew["success"].to_pylist() == [False]  # there is no face in noise


def _moved(tmp_path: Path) -> Path:
    """The same media, another folder to write to."""
    other = tmp_path / "again"
    other.mkdir()
    (other / "media").symlink_to(tmp_path / "media")
    return other


def test_given_landmarks_tell_how_to_cut(tmp_path: Path) -> None:
    found = load_detector(SETTINGS.detector)(portrait())
    points = Landmarks68()(portrait(), found.landmarks[0])
    write(tmp_path / "media" / "clip.pictures", {"a": portrait()})
    _, table = process(tmp_path, given={0: {"landmarks68": points}})
    assert table["score"].to_pylist() == [None]  # nothing was detected
    np.testing.assert_allclose(np.reshape(table["landmarks68"][0].as_py(), (68, 2)), points, rtol=1e-5)
    five = np.reshape(table["landmarks5"][0].as_py(), (5, 2))
    eyes = np.linalg.norm(found.landmarks[0][1] - found.landmarks[0][0])
    assert np.linalg.norm(five - found.landmarks[0], axis=1).mean() < 0.1 * eyes


def test_a_given_box_says_who_is_meant(tmp_path: Path) -> None:
    large, little = portrait(224), portrait(112)
    both = np.concatenate([large, np.concatenate([little, EMPTY[:112, :112]], axis=0)], axis=1)
    write(tmp_path / "media" / "clip.pictures", {"a": both, "b": both, "c": both})
    right = (224 + 30.0, 20.0, 60.0, 80.0)
    _, table = process(tmp_path, given={1: {"box": right}, 2: {"box": (300.0, 180.0, 20.0, 20.0)}})
    boxes = table["box"].to_pylist()
    assert boxes[0][0] < 224 < boxes[1][0]
    assert table["success"].to_pylist() == [True, True, False]


def test_frames_of_a_video_with_gaps(tmp_path: Path) -> None:
    media = tmp_path / "media" / "clip.frames"
    write(media, {"00001": portrait(), "00002": portrait(), "00005": EMPTY, "00007": portrait()})
    (media / "00006.png").write_bytes(b"broken")
    (tmp_path / "media" / "clip.labels").write_text("9")
    summary, table = process(tmp_path)
    assert table["frame"].to_pylist() == list(range(8))
    assert table["success"].to_pylist() == [False, True, True, False, False, False, False, True]
    reasons = table["reason"].to_pylist()
    gap = "the corpus has no picture of this frame"
    assert [reasons[n] for n in (0, 3, 4)] == [gap] * 3
    assert reasons[5] == "no face found"
    assert "00006" in summary.unreadable
    np.testing.assert_allclose(table["time_s"].to_numpy(), np.arange(8) / 25)
    np.testing.assert_allclose(table["valence"].to_numpy(), np.linspace(-1, 1, 9)[:8], atol=1e-6)
    assert (summary.frames, summary.labels_beyond) == (8, 1)
    assert set(table["video"].to_pylist()) == {"clip"}


def test_68_landmarks_are_found_where_they_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "media" / "clip.frames", {"0": portrait(), "1": portrait()})
    settings = SETTINGS.override(["landmarks68=true"])
    _, table = process(tmp_path, settings.model_copy(update={"alignment": AlignmentSettings(size=96)}), points=True)
    points = np.array(table["landmarks68"].to_pylist()).reshape(2, 68, 2)
    box = np.array(table["box"][0].as_py())
    assert (points[0] > box[:2] - 20).all()
    assert (points[0] < box[:2] + box[2:] + 20).all()
