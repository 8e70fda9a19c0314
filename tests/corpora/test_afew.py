from pathlib import Path

import numpy as np
import pytest

from affect import storage
from affect.corpora.afew import EXPRESSION_FOLDERS, Afew
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from tests.corpora.made_files import grey_picture, sent, write_files
from tests.made_media import make_video

PICTURES = [np.full((32, 32, 3), 40 * index, np.uint8) for index in range(5)]


def clip_file(root: Path, path: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    make_video(root / path, PICTURES, rate=25)


def test_every_frame_has_the_clips_expression_and_names_of_both_splits_are_kept_apart(tmp_path: Path) -> None:
    clip_file(tmp_path, "Train/Angry/000046280.avi")
    clip_file(tmp_path, "Val/SAD/000046280.avi")
    write_files(tmp_path, {"Train/Angry/notes.txt": "", "Train/Contempt/1.avi": "", "Test/2.avi": "", "Test/3.avi": ""})
    corpus = sent(Afew(str(tmp_path)))
    train, validation = corpus.clips()
    media = str(tmp_path / "Train/Angry/000046280.avi")
    assert train == Clip("afew", "train", "train_000046280", media, "video", ("main",), (None,))
    assert (validation.split, validation.video) == ("validation", "validation_000046280")
    assert corpus.labels(train)["main"].expression.tolist() == [EXPRESSIONS.index("anger")] * 5
    assert corpus.labels(validation)["main"].expression.tolist() == [EXPRESSIONS.index("sadness")] * 5
    assert np.isnan(corpus.labels(train)["main"].valence).all()
    assert corpus.faults() == [("Test", "2 videos without labels are not read")]


@pytest.mark.parametrize("crops", [True, False])
@pytest.mark.parametrize(
    ("split", "faces"),
    [
        ("Train_AFEW", "AlignedFaces_LBPTOP_Points/Faces/1"),
        ("Train_AFEW", "AlignedFaces_LBPTOP_Points/AlignedFaces_LBPTOP_Points/Faces/1"),
        ("Val_AFEW", "AlignedFaces_LBPTOP_Points_Val/Faces/Happy/1"),
    ],
)
def test_given_faces_are_read_when_asked_for(tmp_path: Path, split: str, faces: str, crops: bool) -> None:
    tmp_path /= "points"  # a name that means something further down
    clip_file(tmp_path, f"{split}/Happy/1.avi")
    points = faces.split("/Faces", maxsplit=1)[0] + "/Points/1/0000001.mat"
    pictures = {f"{split}/{faces}/0000001.jpg": grey_picture(3), f"{split}/{faces}/0000004.jpg": ""}
    write_files(tmp_path, {**pictures, f"{split}/{points}": "", f"{split}/{faces}/Thumbs.db": ""})
    corpus = Afew(str(tmp_path), crops=crops)
    (clip,) = corpus.clips()
    assert (clip.cropped, clip.kind) == ((True, "frames") if crops else (False, "video"))
    labels = corpus.labels(clip)["main"]
    assert labels.expression.tolist() == [EXPRESSIONS.index("happiness")] * (4 if crops else 5)
    if crops:
        stills = list(corpus.stills(clip))
        assert [(still.frame, still.time_s) for still in stills] == [(0, 0.0), (3, 0.12)]
        assert (stills[0].load() == 3).all()
    assert corpus.faults() == []


def test_crops_stand_in_for_a_missing_video_only_with_an_expression(tmp_path: Path) -> None:
    clip_file(tmp_path, "Train/Fear/1.avi")
    faces = "Train/AlignedFaces_LBPTOP_Points/Faces"
    write_files(tmp_path, {f"{faces}/Neutral/2/0.jpg": "", f"{faces}/3/0.jpg": "", f"{faces}/Neutral/4/notes.txt": ""})
    corpus = Afew(str(tmp_path))
    assert [(clip.video, clip.kind) for clip in corpus.clips()] == [
        ("train_1", "video"),
        ("train_2", "frames"),
        ("train_4", "frames"),
    ]
    assert corpus.labels(list(corpus.clips())[1])["main"].expression.tolist() == [EXPRESSIONS.index("neutral")]
    assert len(corpus.labels(list(corpus.clips())[2])["main"]) == 0
    ((name, reason),) = corpus.faults()
    assert name == "train_3"
    assert "not known" in reason


def test_a_clip_of_two_expressions_is_told(tmp_path: Path) -> None:
    corpus = Afew(str(write_files(tmp_path, {"Train/Angry/1.avi": "", "Train/Sad/1.avi": ""})))
    assert len(list(corpus.clips())) == 1
    assert [name for name, _ in corpus.faults()] == ["train_1"]


def test_videos_are_opened_only_when_their_labels_are_asked_for(tmp_path: Path) -> None:
    corpus = Afew(str(write_files(tmp_path, {"Train/Angry/1.avi": "broken"})))
    clip = next(corpus.clips())
    with pytest.raises(AffectError, match=r"Train/Angry/1\.avi"):
        corpus.labels(clip)


def test_a_bucket_is_read_as_a_folder_is(s3: str, tmp_path: Path) -> None:
    root = storage.join(s3, "afew")
    clip_file(tmp_path, "1.avi")
    storage.write_bytes(storage.join(root, "Train/Angry/1.avi"), (tmp_path / "1.avi").read_bytes())
    storage.write_bytes(storage.join(root, "Train/Angry/2.avi"), b"broken")
    corpus = Afew(root)
    whole, broken = corpus.clips()
    assert len(corpus.labels(whole)["main"]) == 5
    with pytest.raises(AffectError, match=r"s3://.*/Train/Angry/2\.avi"):
        corpus.labels(broken)


def test_each_of_the_seven_expressions_has_a_folder() -> None:
    assert set(EXPRESSION_FOLDERS.values()) == set(EXPRESSIONS)
