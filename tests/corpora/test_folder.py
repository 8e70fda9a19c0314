import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels
from affect.corpora.folder import Folder, frame_times
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from affect.media.video import frames
from tests.corpora.reading import fault_of, rows
from tests.made_media import make_video, portrait
from tests.made_pictures import encode

GREY = encode(np.full((8, 8, 3), 60, np.uint8), "PNG")


def touch(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(GREY if path.endswith("png") else b"")
    return root


def labelled(root: Path, table: str, *paths: str) -> Folder:
    (touch(root, *paths) / "labels.csv").write_text(table)
    return Folder(str(root))


def labels_of(corpus: Folder, clip: Clip) -> dict[str, FrameLabels]:
    sent: Folder = pickle.loads(pickle.dumps(corpus))  # noqa: S301 - just written
    return sent.labels(clip)


def test_videos_and_pictures_at_any_depth_are_found(tmp_path: Path) -> None:
    touch(tmp_path, "a.MP4", "deep/er/b.png", "c.jpeg", "deep/notes.txt", "deep/.c.mp4.part", "deep/._d.mp4")
    corpus = Folder(str(tmp_path))
    clips = list(corpus.clips())
    assert [(clip.video, clip.kind, clip.split, clip.persons, clip.media) for clip in clips] == [
        ("a", "video", "unlabelled", (), str(tmp_path / "a.MP4")),
        ("pictures-00000", "pictures", "unlabelled", (), str(tmp_path)),
        ("deep__er-00000", "pictures", "unlabelled", (), str(tmp_path)),
    ]
    assert [[still.name for still in corpus.stills(clip)] for clip in clips[1:]] == [["c.jpeg"], ["deep/er/b.png"]]
    assert next(corpus.stills(clips[2])).load().shape == (8, 8, 3)


@pytest.mark.parametrize(
    "paths",
    [
        ("a.mp4", "a.mov"),
        ("a/b.mp4", "a__b.mp4"),
        ("a/b.mp4", "a__b.mp4", "a__b.mov"),
        ("a.mp4", "a.mov", "a.mov.mp4"),
        ("pictures-00000.mp4", "a.png"),
        ("a/b/c.png", "a__b/c.png"),
    ],
)
def test_names_never_clash(tmp_path: Path, paths: tuple[str, ...]) -> None:
    names = [clip.video for clip in Folder(str(touch(tmp_path, *paths))).clips()]
    assert len(names) == len(set(names)) == len(paths)


def test_files_of_one_name_keep_their_suffixes(tmp_path: Path) -> None:
    names = [clip.video for clip in Folder(str(touch(tmp_path, "a.mp4", "a.mov", "b.mp4"))).clips()]
    assert names == ["a.mov", "a.mp4", "b"]


def test_a_folder_without_media_is_told(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"holds no video .* and no picture"):
        list(Folder(str(touch(tmp_path, "notes.txt"))).clips())


def test_without_a_table_there_are_no_labels_whatever_the_folders_are_called(tmp_path: Path) -> None:
    corpus = Folder(str(touch(tmp_path, "a.mp4", "train/happiness/b.png")))
    assert [labels_of(corpus, clip) for clip in corpus.clips()] == [{}, {}]
    assert [clip.split for clip in corpus.clips()] == ["unlabelled", "unlabelled"]


def test_labelled_pictures_have_rows_and_the_others_none(tmp_path: Path) -> None:
    table = (
        "file,split,subject,valence,expression\n"
        "d/1.png,test,Ann,0.5,fear\nd/2.png,,Bo,,anger\nd/2.png,,Bo,,fear\ngone.png,,,0,\nd/3.png,,,2,\n"
    )
    corpus = labelled(tmp_path, table, "d/1.png", "d/2.png", "d/3.png")
    assert rows(corpus) == [
        {"split": "test", "name": "d/1.png", "subject": "Ann", "valence": 0.5, "expression": "fear"},
        {"split": "train", "name": "d/2.png", "subject": "Bo", "expression": "anger"},
        {"split": "unlabelled", "name": "d/3.png"},
    ]
    assert fault_of(corpus, "line 6") == "valence is '2', expected is a number from -1 to 1"
    assert fault_of(corpus, "d/2.png") == "it has several rows, of which the first counts"
    assert fault_of(corpus, "gone.png").endswith("it is not there")


def test_frames_of_a_video_are_labelled_by_number_for_each_person(tmp_path: Path) -> None:
    table = (
        "file,person,subject,frame,expression,AU12,split\n"
        "a.mp4,right,Bo,2,fear,,validation\na.mp4,left,Ann,0,anger,1,\na.mp4,left,,0,fear,,test\n"
    )
    corpus = labelled(tmp_path, table, "a.mp4", "b.mp4")
    first, second = corpus.clips()
    assert (first.persons, first.subjects, first.split) == (("left", "right"), ("Ann", "Bo"), "test")
    assert (second.persons, second.split) == ((), "unlabelled")
    labels = labels_of(corpus, first)
    assert labels["left"].expression.tolist() == [EXPRESSIONS.index("anger")]
    assert labels["right"].expression.tolist() == [-1, -1, EXPRESSIONS.index("fear")]
    assert labels["left"].action_units.max(axis=0).sum() == 1 - 16
    assert "all go to the most held-out, test" in fault_of(corpus, "a.mp4")


def test_times_go_to_the_nearest_frame_and_the_nearest_row_counts(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", [portrait(64)] * 6, rate=25)
    table = "file,time_s,valence,arousal\na.mp4,,,-1\na.mp4,0.05,0.5,\na.mp4,0.041,0.25,\na.mp4,0.12,0.75,1\n"
    corpus = labelled(tmp_path, table)
    labels = labels_of(corpus, next(corpus.clips()))["main"]
    np.testing.assert_array_equal(labels.valence, np.array([np.nan, 0.25, np.nan, 0.75, np.nan, np.nan], np.float32))
    assert labels.arousal.tolist() == [-1, -1, -1, 1, -1, -1]


def test_frame_times_are_those_of_the_decoded_frames(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", [portrait(64)] * 5, times=[1.0, 1.04, 1.2, 1.21, 1.5])
    decoded = [frame.time_s for frame in frames(tmp_path / "a.mp4")]
    np.testing.assert_allclose(frame_times(str(tmp_path / "a.mp4")), decoded, atol=1e-9)


def test_a_video_that_cannot_be_read_is_named_when_its_times_are_needed(tmp_path: Path) -> None:
    corpus = labelled(tmp_path, "file,time_s,valence\na.mp4,1,0\n", "a.mp4")
    with pytest.raises(AffectError, match=r"a\.mp4 is not a readable media file"):
        labels_of(corpus, next(corpus.clips()))


def test_two_tables_are_one_too_many(tmp_path: Path) -> None:
    touch(tmp_path, "labels.parquet")
    with pytest.raises(AffectError, match=r"has both labels\.csv and labels\.parquet; delete one"):
        labelled(tmp_path, "file\n", "a.png")


def test_listing_opens_no_picture(tmp_path: Path) -> None:
    corpus = labelled(tmp_path, "file,valence\nd/a.png,0.5\n", "d/a.png")
    shutil.rmtree(tmp_path / "d")
    assert rows(corpus) == [{"split": "train", "name": "d/a.png", "valence": 0.5}]


def test_a_labelled_folder_on_s3_is_read(s3: str) -> None:
    root = storage.join(s3, "labelled")
    storage.write_bytes(storage.join(root, "d e/a.png"), GREY)
    storage.write_bytes(storage.join(root, "labels.csv"), b"file,valence\nd e/a.png,0.5\n")
    corpus = Folder(root)
    assert rows(corpus) == [{"split": "train", "name": "d e/a.png", "valence": 0.5}]
    assert next(corpus.stills(next(corpus.clips()))).load().shape == (8, 8, 3)
