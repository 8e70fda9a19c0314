import json
from pathlib import Path

import av
import numpy as np
import pytest

from affect import storage
from affect.corpora import open_corpus
from affect.corpora.sample.animation import animate
from affect.corpora.sample.plan import ClipPlan, plan
from affect.corpora.sample.rules import expressions, present, valence_arousal
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.sample.writer import annotations, video_uri, write_clip, write_index
from affect.labels import AFF_WILD2_ACTION_UNITS, action_unit_columns

SETTINGS = SampleSettings(people=8, clips=16, seconds=0.5, width=96, height=72)


def write(root: Path, settings: SampleSettings = SETTINGS) -> list[ClipPlan]:
    clips = plan(settings)
    for clip in clips:
        write_clip(clip, str(root))
    write_index(str(root), settings)
    return clips


def decoded(path: str) -> tuple[np.ndarray, int]:
    """All pictures, and the number of samples of sound."""
    with av.open(path) as container:
        pictures = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    with av.open(path) as container:
        sound = container.streams.audio
        return pictures, sum(frame.samples for frame in container.decode(sound[0])) if sound else 0


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write(folder)
    return folder


def test_the_reader_gives_back_what_was_planned(root: Path) -> None:
    corpus = open_corpus("sample", str(root))
    clips = {clip.video: clip for clip in corpus.clips()}
    assert corpus.synthetic
    assert corpus.faults() == []
    assert set(clips) == {clip.video for clip in plan(SETTINGS)}
    for planned in plan(SETTINGS):
        clip = clips[planned.video]
        assert clip.split == planned.split
        assert clip.persons == tuple(person.person for person in planned.people)
        assert clip.subjects == tuple(person.subject for person in planned.people)
        motion = animate(planned)
        for person, labels in corpus.labels(clip).items():
            units = motion[person].units
            assert len(labels) == SETTINGS.frames
            feelings = np.stack([labels.valence, labels.arousal], 1)
            columns = action_unit_columns(AFF_WILD2_ACTION_UNITS)
            for name, read, made, missing in (
                ("VA_Set", feelings, valence_arousal(units).round(3), np.isnan(feelings)),
                ("EXPR_Set", labels.expression, expressions(units), labels.expression == -1),
                ("AU_Set", labels.action_units[:, columns], present(units), labels.action_units[:, columns] == -1),
            ):
                assert missing.all() == (name not in planned.sets)
                np.testing.assert_allclose(read[~missing], made[~missing], atol=1e-6)
                assert missing[~motion[person].visible].all()


def test_videos_have_the_planned_pictures_and_sound(root: Path) -> None:
    lengths = []
    for clip in plan(SETTINGS):
        pictures, samples = decoded(video_uri(clip, str(root)))
        assert pictures.shape == (SETTINGS.frames, SETTINGS.height, SETTINGS.width, 3)
        lengths.append(samples)
        assert (samples > 0) == clip.sound
    assert min(length for length in lengths if length) >= 44_100 * SETTINGS.seconds


def test_the_same_seed_gives_the_same_files(root: Path, tmp_path: Path) -> None:
    for clip in plan(SETTINGS)[::5]:
        write_clip(clip, str(tmp_path))
        assert annotations(clip, animate(clip))
        first, again = (decoded(video_uri(clip, str(folder)))[0] for folder in (root, tmp_path))
        np.testing.assert_array_equal(first, again)
    for file in (tmp_path / "annotations").rglob("*.txt"):
        assert file.read_bytes() == (root / file.relative_to(tmp_path)).read_bytes()


def test_files_look_like_aff_wild2(root: Path) -> None:
    headers = {
        path.parent.parent.name: path.read_text().splitlines()[0] for path in (root / "annotations").rglob("*.txt")
    }
    assert headers == {
        "VA_Set": "valence,arousal",
        "EXPR_Set": "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise",
        "AU_Set": "AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25",
    }
    splits = {path.parent.name for path in (root / "annotations").rglob("*.txt")}
    assert splits == {"Training_Set", "Validation_Set", "Test_Set"}
    marked = "".join(path.read_text() for path in (root / "annotations/VA_Set").rglob("*.txt"))
    assert "\n-5,-5\n" in marked
    assert {path.parent.name for path in root.rglob("*.mp4")} == {"batch1", "batch2"}


def test_the_index_says_that_it_is_synthetic_and_who_is_in_it(root: Path) -> None:
    index = json.loads((root / "corpus.json").read_text())
    assert (index["name"], index["synthetic"], index["seed"]) == ("sample", True, 0)
    assert SampleSettings.parse(index["settings"]) == SETTINGS
    assert len(index["people"]) == SETTINGS.people
    assert {"name": "astronaut", "split": "test"} in index["people"]


def test_object_storage_holds_it_as_well(s3: str) -> None:
    root = f"{s3}/sample"
    settings = SampleSettings(people=3, clips=3, seconds=0.1, width=64, height=48)
    for clip in plan(settings):
        write_clip(clip, root)
    write_index(root, settings)
    corpus = open_corpus("sample", root)
    assert corpus.synthetic
    for clip in corpus.clips():
        assert storage.exists(clip.media)
        assert all(len(labels) == settings.frames for labels in corpus.labels(clip).values())
    assert len(list(corpus.clips())) == 3
