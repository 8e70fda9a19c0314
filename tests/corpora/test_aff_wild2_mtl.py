import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.aff_wild2_mtl import MTL_ACTION_UNITS, AffWild2Mtl, parse_selection
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from affect.labels import ACTION_UNITS
from tests.corpora.made_files import grey_picture, sent, text_files, write_files

HEADER = "image,valence,arousal,expression," + ",".join(f"AU{unit}" for unit in MTL_ACTION_UNITS)
NONE = ",".join(["-1"] * 12)
FIRST = "1," + ",".join(["0"] * 11)


def corpus_of(root: Path, train: str, validation: str = HEADER) -> AffWild2Mtl:
    pictures = {f"cropped_aligned/{name}/0000{n}.jpg": grey_picture(n) for name in ("a", "b_left") for n in (1, 2, 4)}
    files = {"MTL_Challenge/train_set.txt": train, "MTL_Challenge/validation_set.txt": validation}
    return AffWild2Mtl(str(write_files(root, {**files, **pictures})))


def test_lines_reach_their_crops_and_marks_are_no_labels(tmp_path: Path) -> None:
    lines = [
        "\ufeff" + HEADER,
        f"a/00004.jpg,0.5,-0.25,4,{NONE}",
        f"b_left/00001.jpg,0,0,0,{FIRST}",
        f"a/00001.jpg,-5,-5,7,{FIRST}",
        f"a/00003.jpg,-5,0.1,-1,{FIRST}",
    ]
    corpus = sent(corpus_of(tmp_path, "\r\n".join(lines) + "\r\n"))
    first, second = corpus.clips()
    media = str(tmp_path / "cropped_aligned/a")
    assert first == Clip("aff-wild2", "train", "a", media, "frames", ("main",), (None,), cropped=True)
    assert (second.video, second.persons) == ("b_left", ("main",))
    labels = corpus.labels(first)["main"]
    np.testing.assert_array_equal(labels.valence, np.array([np.nan, np.nan, np.nan, 0.5], np.float32))
    np.testing.assert_array_equal(labels.arousal, np.array([np.nan, np.nan, np.nan, -0.25], np.float32))
    assert labels.expression.tolist() == [-1, -1, -1, 4]
    assert labels.action_units[:, ACTION_UNITS.index(1)].tolist() == [1, -1, 1, -1]
    assert labels.action_units[:, ACTION_UNITS.index(26)].tolist() == [0, -1, 0, -1]
    assert (labels.action_units[:, ACTION_UNITS.index(20)] == -1).all()
    assert corpus.labels(second)["main"].expression.tolist() == [0]
    assert [(still.name, still.frame) for still in corpus.stills(first)] == [("00001.jpg", 0), ("00004.jpg", 3)]
    assert corpus.faults() == []


def test_two_people_of_a_video_share_the_more_held_out_split(tmp_path: Path) -> None:
    line = f"/00001.jpg,0,0,0,{FIRST}"
    corpus = corpus_of(
        tmp_path, f"{HEADER}\na{line}\nb_left{line}\ngone{line}\n", f"{HEADER}\na{line}\nb_right{line}\n"
    )
    assert [(clip.video, clip.split) for clip in corpus.clips()] == [("a", "validation"), ("b_left", "validation")]
    assert [name for name, _ in corpus.faults()] == ["a", "b_right", "gone"]


cells = st.tuples(
    st.sampled_from([-5, -1, 0, 0.125, 1]),
    st.sampled_from([-5, 0.5]),
    st.integers(-1, 7),
    st.lists(st.sampled_from([-1, 0, 1]), min_size=12, max_size=12),
)


@given(
    rows=st.dictionaries(st.tuples(st.sampled_from(["a", "b/c"]), st.integers(1, 40)), cells, max_size=9),
    write=text_files(blank_lines=True),
    header=st.sampled_from([HEADER, HEADER.lower(), "image,valence,arousal,expression,aus"]),
)
def test_lines_come_back_as_written(
    rows: dict[tuple[str, int], tuple[float, float, int, list[int]]],
    write: Callable[[list[str]], bytes],
    header: str,
) -> None:
    lines = [
        f"{video}/{frame:05d}.jpg,{v},{a},{e},{','.join(map(str, units))}"
        for (video, frame), (v, a, e, units) in rows.items()
    ]
    found = {video: selected.labels() for video, selected in parse_selection(write([header, *lines]), "f").items()}
    assert set(found) == {video for video, _ in rows}
    assert sum(len(labels) for labels in found.values()) == sum(
        max(frame for one, frame in rows if one == video) for video in found
    )
    for (video, frame), (v, a, e, units) in rows.items():
        labels = found[video]
        given_values = [np.nan, np.nan] if -5 in (v, a) else [v, a]
        np.testing.assert_array_equal([labels.valence[frame - 1], labels.arousal[frame - 1]], given_values)
        assert labels.expression[frame - 1] == (-1 if e == 7 else e)
        assert [labels.action_units[frame - 1, ACTION_UNITS.index(unit)] for unit in MTL_ACTION_UNITS] == units


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("image,valence,arousal\n", 1),
        (f"{HEADER}\na/00001.jpg,0,0,0\n", 2),
        (f"{HEADER}\n00001.jpg,0,0,0,{FIRST}\n", 2),
        (f"{HEADER}\na/00000.jpg,0,0,0,{FIRST}\n", 2),
        (f"{HEADER}\na/00001.jpg,0,0,8,{FIRST}\n", 2),
        (f"{HEADER}\na/00001.jpg,0,1.5,0,{FIRST}\n", 2),
        (f"{HEADER}\na/00001.jpg,0,0,0,2{FIRST[1:]}\n", 2),
        (f"{HEADER}\na/00001.jpg,0,0,0,{FIRST}\na/1.jpg,0,0,0,{FIRST}\n", 3),
    ],
)
def test_a_fault_names_file_and_line(content: str, line: int) -> None:
    with pytest.raises(AffectError, match=rf"train_set\.txt, line {line}: "):
        parse_selection(content.encode(), "train_set.txt")


@given(st.binary(max_size=60), st.sampled_from(["", f"{HEADER}\n", f"{HEADER}\na/00001.jpg,0,0,0,{FIRST}\n"]))
def test_arbitrary_bytes_give_lines_or_an_affect_error(data: bytes, start: str) -> None:
    with contextlib.suppress(AffectError):
        for rows in parse_selection(start.encode() + data, "f").values():
            rows.labels()
