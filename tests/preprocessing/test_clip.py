"""One clip from file to Parquet, with the real detector on a real face."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from affect import samples
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.detector import Detections, Detector
from affect.media.pictures import decode_jpeg, encode_jpeg
from affect.preprocessing import clip as clip_module
from affect.preprocessing.clip import preprocess_clip, settle_clip
from affect.preprocessing.settings import AlignmentSettings, Preprocessing, SoundSettings
from affect.preprocessing.summary import ClipSummary
from tests.made_media import FolderOfClips, make_video, portrait

SETTINGS = Preprocessing()
EMPTY = np.full((224, 224, 3), 90, np.uint8)
TONE = 0.5 * np.sin(np.arange(44_100) / 20)


class Counting:
    """The detector, counting how often it is asked."""

    def __init__(self) -> None:
        self.detector, self.calls = load_detector(SETTINGS.detector), 0

    def __call__(self, picture: np.ndarray) -> Detections:
        self.calls += 1
        return self.detector(picture)


@pytest.fixture(scope="module")
def detector() -> Counting:
    return Counting()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    (tmp_path / "media").mkdir()
    return tmp_path / "media"


def process(media: Path, detector: Detector, settings: Preprocessing = SETTINGS, **corpus: object) -> ClipSummary:
    made = FolderOfClips(str(media), **corpus)  # type: ignore[arg-type]
    return preprocess_clip(made, next(made.clips()), out(media), settings, detector)


def out(media: Path) -> str:
    return str(media.parent / "out")


def rows(media: Path, name: str = "clip") -> pa.Table:
    return samples.open_parquet(samples.faces_uri(out(media), "made", "train", name)).read()


def test_rows_of_a_video(media: Path, detector: Counting) -> None:
    pictures = [EMPTY] * 4 + [portrait()] * 8 + [EMPTY] * 3
    make_video(media / "clip.mp4", pictures, rate=25)
    (media / "clip.labels").write_text("13")
    before = detector.calls
    summary = process(media, detector)
    assert detector.calls - before == 15
    assert (summary.frames, summary.rows, summary.missed, summary.persons) == (15, 15, 7, 1)
    assert (summary.labels_short, summary.labels_beyond) == (2, 0)
    table = rows(media)
    assert table["success"].to_pylist() == [False] * 4 + [True] * 8 + [False] * 3
    assert set(table["reason"].to_pylist()) == {None, "no face found"}
    np.testing.assert_allclose(table["time_s"].to_numpy(), np.arange(15) / 25, atol=1e-4)
    assert table["valence"].to_pylist()[12:] == [1.0, None, None]
    assert table["expression"].to_pylist()[:4] == [4, None, 4, None]
    assert table["subject"].to_pylist() == ["someone"] * 15
    crop = decode_jpeg(table["image"][6].as_py())
    assert crop.shape == (96, 96, 3)
    found = detector(portrait())
    np.testing.assert_allclose(table["box"][6].as_py(), found.boxes[0], atol=4)
    np.testing.assert_allclose(np.reshape(table["landmarks5"][6].as_py(), (5, 2)), found.landmarks[0], atol=2)
    details = samples.details_of(samples.faces_uri(out(media), "made", "train", "clip"))
    assert details["synthetic"] is True
    assert Preprocessing.parse(details["settings"]) == SETTINGS
    assert all(spent > 0 for stage, spent in summary.seconds.items() if stage != "sound")


def test_sound_lies_beside_the_faces(media: Path, detector: Counting) -> None:
    make_video(media / "clip.mov", [EMPTY] * 15, sound=TONE)
    assert process(media, detector).no_sound is None
    spectrum = samples.open_parquet(samples.sound_uri(out(media), "made", "train", "clip")).read()
    assert spectrum.num_rows == int(np.ceil(0.5 * 44_100 / 970))  # half a second of video, a second of sound
    assert spectrum["time_s"][3].as_py() == pytest.approx(3 * 970 / 44_100)
    assert len(spectrum["spectrum"][3].as_py()) == samples.SOUND_BINS


def test_a_video_without_sound_keeps_its_faces_and_says_so(media: Path, detector: Counting) -> None:
    make_video(media / "clip.mp4", [portrait()] * 3)
    assert process(media, detector).no_sound == "the video has no sound"
    assert rows(media).num_rows == 3
    assert not Path(samples.sound_uri(out(media), "made", "train", "clip")).exists()


def test_two_people_are_kept_apart(media: Path, detector: Counting) -> None:
    both = np.concatenate([portrait(), portrait()[:, ::-1]], axis=1)
    alone = np.concatenate([portrait(), EMPTY], axis=1)
    make_video(media / "clip.mp4", [both] * 5 + [alone] * 3)
    summary = process(media, detector, persons=("left", "right"))
    assert (summary.persons, summary.rows, summary.missed) == (2, 16, 3)
    table = rows(media).to_pandas()
    assert table.person.tolist() == ["left"] * 8 + ["right"] * 8
    assert table[table.person == "right"].success.tolist() == [True] * 5 + [False] * 3
    assert set(table.reason.dropna()) == {"person not found"}
    assert all(box[0] < 224 for box in table[table.person == "left"].box)
    assert all(box[0] > 224 for box in table[(table.person == "right") & table.success].box)
    groups = samples.open_parquet(samples.faces_uri(out(media), "made", "train", "clip")).num_row_groups
    assert groups == 2  # never two persons in one


def test_a_clip_without_a_face_still_has_its_rows(media: Path, detector: Counting) -> None:
    make_video(media / "clip.mp4", [EMPTY] * 6)
    assert process(media, detector, persons=()).missed == 6
    assert rows(media)["person"].to_pylist() == ["0"] * 6


@pytest.mark.parametrize("size", [96, 224])
def test_a_picture(media: Path, detector: Counting, size: int) -> None:
    (media / "clip.png").write_bytes(encode_jpeg(portrait()))
    summary = process(media, detector, Preprocessing(alignment=AlignmentSettings(size=size)))
    assert (summary.frames, summary.missed, summary.no_sound) == (1, 0, None)
    assert decode_jpeg(rows(media)["image"][0].as_py()).shape == (size, size, 3)


def test_done_is_skipped_and_unchanged(media: Path, detector: Counting) -> None:
    make_video(media / "clip.mov", [portrait()] * 3, sound=TONE)
    first = process(media, detector)
    files = sorted(Path(out(media)).rglob("*.parquet"))
    before, calls = [(file.stat().st_mtime_ns, file.read_bytes()) for file in files], detector.calls
    again = process(media, detector)
    assert (len(files), again.skipped, detector.calls) == (2, True, calls)
    assert again.facts() == first.facts()
    assert [(file.stat().st_mtime_ns, file.read_bytes()) for file in files] == before


@pytest.mark.parametrize("change", ["labels", "settings", "media", "persons", "sound lost"])
def test_what_changed_is_done_again(media: Path, detector: Counting, change: str) -> None:
    make_video(media / "clip.mov", [portrait()] * 3, sound=TONE)
    first = process(media, detector)
    settings, corpus = SETTINGS, {}
    if change == "labels":
        (media / "clip.labels").write_text("3")
    elif change == "settings":
        settings = Preprocessing(sound=SoundSettings(floor_db=-60))
    elif change == "media":
        make_video(media / "clip.mov", [portrait()] * 4)
    elif change == "persons":
        corpus = {"persons": ()}
    else:
        Path(samples.sound_uri(out(media), "made", "train", "clip")).unlink()
    again = process(media, detector, settings, **corpus)
    assert not again.skipped
    assert (again.fingerprint == first.fingerprint) == (change == "sound lost")
    if change == "media":  # the new file has no sound: none of the old one's may stay
        assert not Path(samples.sound_uri(out(media), "made", "train", "clip")).exists()
    assert process(media, detector, settings, **corpus).skipped


def test_an_interruption_before_the_faces_leaves_the_clip_undone(
    media: Path, detector: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_video(media / "clip.mov", [portrait()] * 3, sound=TONE)

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(clip_module, "person_tables", stop)
        with pytest.raises(KeyboardInterrupt):
            process(media, detector)
    assert [file.parts[-4] for file in Path(out(media)).rglob("*") if file.is_file()] == ["sound"]
    assert not process(media, detector).skipped
    assert rows(media).num_rows == 3


def test_a_broken_clip_is_set_aside_and_leaves_nothing(media: Path, detector: Counting) -> None:
    whole = make_video(media / "clip.mp4", list(np.random.default_rng(0).integers(0, 255, (9, 64, 64, 3), np.uint8)))
    whole.write_bytes(whole.read_bytes()[:-9000])
    made = FolderOfClips(str(media))
    summary = settle_clip(made, next(made.clips()), out(media), SETTINGS, detector)
    assert "clip.mp4" in str(summary.set_aside)
    assert summary.fingerprint
    assert not Path(out(media)).exists()


def test_unexpected_faults_are_told_storage_faults_are_raised(media: Path) -> None:
    make_video(media / "clip.mp4", [EMPTY])
    made = FolderOfClips(str(media))
    clip: Clip = next(made.clips())

    def fails(picture: np.ndarray) -> Detections:
        raise ZeroDivisionError("of all things")

    def full(picture: np.ndarray) -> Detections:
        raise OSError("no space left on device")

    summary = settle_clip(made, clip, out(media), SETTINGS, fails)
    assert summary.set_aside == "unexpected ZeroDivisionError: of all things"
    assert summary.fingerprint == ""  # so that the next run tries again
    with pytest.raises(OSError, match="no space"):
        settle_clip(made, clip, out(media), SETTINGS, full)


def test_missing_media(media: Path, detector: Counting) -> None:
    made = FolderOfClips(str(media))
    clip = Clip("made", "train", "gone", str(media / "gone.mp4"), "video", ("main",), (None,))
    with pytest.raises(AffectError, match=r"gone.mp4 does not exist"):
        preprocess_clip(made, clip, out(media), SETTINGS, detector)
