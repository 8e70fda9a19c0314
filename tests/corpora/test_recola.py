import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.corpus import Clip
from affect.corpora.recola import Recola, nearest_values, parse_gold_standard
from affect.errors import AffectError
from tests.corpora.made_files import sent, text_files, write_files
from tests.made_media import make_video

HEADER = [
    "@relation GOLDSTANDARD",
    "",
    "@attribute Instance_name string",
    "@attribute frameTime numeric",
    "@attribute GoldStandard numeric",
    "",
    "",
    "@data",
    "",
]


def gold(name: str, values: list[float], step: float = 0.04) -> str:
    return (
        "\r\n".join([*HEADER, *(f"{name},{index * step:.2f},{value}" for index, value in enumerate(values))]) + "\r\n"
    )


def recola(root: Path, rate: int = 25) -> Path:
    (root / "recordings_video").mkdir(parents=True)
    make_video(root / "recordings_video/train_1.mp4", [np.zeros((32, 32, 3), np.uint8)] * 8, rate)
    return write_files(
        root,
        {
            "ratings_gold_standard/valence/train_1.arff": "\ufeff" + gold("train_1", [0.0, 0.1, 0.2, 0.3]),
            "ratings_gold_standard/arousal/train_1.arff": gold("train_1", [-0.5, -0.25]),
            "ratings_gold_standard/arousal/train_all.arff": "",
        },
    )


def test_values_reach_the_frames_of_their_times(tmp_path: Path) -> None:
    corpus = sent(Recola(str(recola(tmp_path))))
    (clip,) = corpus.clips()
    media = str(tmp_path / "recordings_video/train_1.mp4")
    assert clip == Clip("recola", "train", "train_1", media, "video", ("main",), ("train_1",))
    labels = corpus.labels(clip)["main"]
    np.testing.assert_allclose(labels.valence, [0, 0.1, 0.2, 0.3], atol=1e-6)
    np.testing.assert_allclose(labels.arousal, [-0.5, -0.25, np.nan, np.nan], atol=1e-6)
    assert corpus.faults() == []
    assert list(corpus.stills(clip)) == []


def test_a_delay_moves_values_to_what_was_seen_before(tmp_path: Path) -> None:
    corpus = Recola(str(recola(tmp_path)), delay_s=0.08)
    np.testing.assert_allclose(corpus.labels(next(corpus.clips()))["main"].valence, [0.2, 0.3], atol=1e-6)


def test_splits_go_by_name_and_what_has_no_counterpart_is_told(tmp_path: Path) -> None:
    rated = {f"ratings_gold_standard/valence/{name}.arff": "" for name in ("train_1", "dev_2", "Test_3", "dev_9")}
    videos = {
        f"recordings_video/{name}": "" for name in ("Train_1.MP4", "dev_2.avi", "test_3.mp4", "test_4.mp4", "x.mp4")
    }
    corpus = Recola(str(write_files(tmp_path, rated | videos | {"ratings_gold_standard/arousal/dev_2.arff": ""})))
    assert [(clip.video, clip.split) for clip in corpus.clips()] == [
        ("dev_2", "validation"),
        ("test_3", "test"),
        ("train_1", "train"),
    ]
    assert corpus.faults() == [
        ("dev_9", "no video in recordings_video"),
        ("test_4", "no rating in ratings_gold_standard"),
        ("dev_9", "no rating of arousal"),
        ("test_3", "no rating of arousal"),
        ("train_1", "no rating of arousal"),
    ]


def test_files_are_read_only_when_asked_for(tmp_path: Path) -> None:
    root = recola(tmp_path)
    write_files(root, {"ratings_gold_standard/valence/train_1.arff": "\n".join([*HEADER, "train_1,0.00,7"])})
    corpus = Recola(str(root))
    with pytest.raises(AffectError, match=r"valence/train_1\.arff, line 10: "):
        corpus.labels(next(corpus.clips()))


@given(values=st.lists(st.none() | st.integers(-1000, 1000), max_size=30), write=text_files(blank_lines=True))
def test_the_gold_standard_comes_back_as_written(values: list[int | None], write: Callable[[list[str]], bytes]) -> None:
    rows = [f"'dev_1', {i * 0.04:.2f}, {'?' if v is None else v / 1000}" for i, v in enumerate(values)]
    times, parsed = parse_gold_standard(write([*HEADER[:-1], "% a remark", *rows]), "f")
    np.testing.assert_allclose(times, np.arange(len(values)) * 0.04, atol=1e-9)
    np.testing.assert_array_equal(parsed, np.array([np.nan if v is None else v / 1000 for v in values]))


def test_columns_are_found_by_their_names() -> None:
    text = "@RELATION r\n@ATTRIBUTE 'frameTime' NUMERIC\n@ATTRIBUTE value NUMERIC\n@DATA\n0.5,-1\n"
    times, values = parse_gold_standard(text.encode(), "f")
    assert (times.tolist(), values.tolist()) == ([0.5], [-1.0])


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["a,0,0", "a,0.04"], "line 11"),
        (["a,0,1.5"], "line 10"),
        (["a,0,nan"], "line 10"),
        (["a,-1,0"], "line 10"),
        (["a,1e9,0"], "line 10"),
        (["a,0.04,0", "a,0.04,0"], "line 11: the time 0.04 is not after"),
    ],
)
def test_a_fault_names_file_and_line(rows: list[str], fault: str) -> None:
    with pytest.raises(AffectError, match=rf"dev_1\.arff, {fault}"):
        parse_gold_standard("\n".join([*HEADER, *rows]).encode(), "dev_1.arff")


@pytest.mark.parametrize(("text", "fault"), [("", "no '@data'"), ("@data\n1,2\n", "does not name a column")])
def test_what_is_no_gold_standard_is_named(text: str, fault: str) -> None:
    with pytest.raises(AffectError, match=rf"dev_1\.arff .*{fault}"):
        parse_gold_standard(text.encode(), "dev_1.arff")


@given(st.binary(max_size=60), st.booleans())
def test_arbitrary_bytes_give_values_or_an_affect_error(data: bytes, header: bool) -> None:
    start = "\n".join([*HEADER, ""]).encode() if header else b""
    with contextlib.suppress(AffectError):
        times, values = parse_gold_standard(start + data, "f")
        assert len(times) == len(values)


@given(st.integers(1, 200), st.sampled_from([25.0, 50.0, 30.0, 30_000 / 1001, 12.5, 60.0]))
def test_each_frame_takes_the_value_nearest_in_time(count: int, rate: float) -> None:
    times = np.arange(count) * 0.04
    found = nearest_values(times, np.arange(count, dtype=float), rate)
    assert len(found) == int(np.floor(times[-1] * rate + 0.5)) + 1
    for frame, value in enumerate(found):
        distances = np.abs(times - frame / rate)
        nearest = np.flatnonzero(distances <= distances.min() + 1e-6)
        assert value == pytest.approx(nearest.mean())
    if rate == 25:
        assert [round(time * rate) for time in times] == list(range(len(found)))


def test_two_as_near_are_averaged_and_what_is_far_is_unannotated() -> None:
    times = np.array([0.0, 0.04, 0.08, 0.4])
    found = nearest_values(times, np.array([0.0, 1.0, 0.5, -1.0]), 50.0)
    far = [np.nan] * 11
    np.testing.assert_allclose(found, [0, 0.5, 1, 0.75, 0.5, 0.5, 0.5, *far, -1, -1, -1])


@pytest.mark.parametrize("delay_s", [0.0, 10.0])
def test_no_value_within_the_video_annotates_nothing(delay_s: float) -> None:
    times = np.array([0.0, 0.04])[: 2 if delay_s else 0] - delay_s
    assert len(nearest_values(times, np.zeros(len(times)), 25.0)) == 0
