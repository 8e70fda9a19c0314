import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect import storage
from affect.corpora.afew_va import AfewVa, parse_clip
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from tests.corpora.made_files import grey_picture, sent, write_files

POINTS = [[float(i), i + 0.25] for i in range(68)]


def clip_json(**frames: dict[str, Any]) -> bytes:
    named = {name.lstrip("_"): entry for name, entry in frames.items()}
    return json.dumps({"video_id": "001", "actor": " Ann Other ", "frames": named}).encode("utf-8-sig")


def test_values_are_scaled_and_landmarks_and_actor_given(tmp_path: Path) -> None:
    content = clip_json(
        _00000={"landmarks": POINTS, "valence": -3.0, "arousal": 10},
        _00002={"landmarks": [], "valence": 0, "arousal": -10},
        _00003={"landmarks": POINTS, "valence": 5},
    )
    files: dict[str, str | bytes] = {
        "01/001/001.json": content,
        "01/001/00000.png": grey_picture(5),
        "01/001/00001.png": "",
        "01/001/00002.png": "",
        "02/050/00000.png": "",
        "02/readme.txt": "",
    }
    corpus = sent(AfewVa(str(write_files(tmp_path, files))))
    (clip,) = corpus.clips()
    media = str(tmp_path / "01/001")
    assert clip == Clip("afew-va", "train", "001", media, "frames", ("main",), ("Ann Other",))
    labels = corpus.labels(clip)["main"]
    np.testing.assert_allclose(labels.valence, [-0.3, np.nan, 0, 0.5], rtol=1e-6)
    np.testing.assert_allclose(labels.arousal, [1, np.nan, -1, np.nan], rtol=1e-6)
    stills = list(corpus.stills(clip))
    assert [(still.frame, still.time_s) for still in stills] == [(0, 0), (1, 0.04), (2, 0.08)]
    assert stills[0].landmarks68 is not None
    np.testing.assert_array_equal(stills[0].landmarks68, np.float32(POINTS))
    assert [still.landmarks68 for still in stills[1:]] == [None, None]
    assert (stills[0].load() == 5).all()
    assert corpus.faults() == [("050", "no 050.json")]


def test_a_broken_file_ends_only_its_own_clip(tmp_path: Path) -> None:
    corpus = AfewVa(str(write_files(tmp_path, {"001/001.json": "{", "002/002.json": clip_json()})))
    broken, whole = corpus.clips()
    assert broken.subjects == (None,)
    with pytest.raises(AffectError, match=r"001/001\.json is not valid JSON"):
        corpus.labels(broken)
    with pytest.raises(AffectError, match=r"001/001\.json is not valid JSON"):
        list(corpus.stills(broken))
    assert len(corpus.labels(whole)["main"]) == 0


def test_a_bucket_is_read_as_a_folder_is(s3: str) -> None:
    root = storage.join(s3, "afew-va")
    entry = {"landmarks": POINTS, "valence": 5, "arousal": 5}
    storage.write_bytes(storage.join(root, "01/001/001.json"), clip_json(_00000=entry))
    storage.write_bytes(storage.join(root, "01/001/00000.png"), grey_picture(5))
    corpus = sent(AfewVa(root))
    (clip,) = corpus.clips()
    assert clip.media == storage.join(root, "01/001")
    assert corpus.labels(clip)["main"].valence.tolist() == [0.5]
    (still,) = corpus.stills(clip)
    assert (still.load() == 5).all()


@given(
    st.dictionaries(st.integers(0, 200), st.tuples(st.integers(-10, 10), st.integers(-10, 10), st.booleans())),
    st.sampled_from(["{}", "{:05d}"]),
)
def test_clips_come_back_as_written(rows: dict[int, tuple[int, int, bool]], name: str) -> None:
    frames = {
        name.format(frame): {"valence": v, "arousal": float(a), "landmarks": POINTS if seen else []}
        for frame, (v, a, seen) in rows.items()
    }
    actor, parsed = parse_clip(json.dumps({"actor": "B", "frames": frames}).encode(), "f")
    assert actor == "B"
    assert {frame: (v, a, points is not None) for frame, (v, a, points) in parsed.items()} == {
        frame: (v / 10, a / 10, seen) for frame, (v, a, seen) in rows.items()
    }


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"frames": []}',
        "[" * 100_000,
        '{"frames": {"x": {}}}',
        '{"frames": {"1": [], "2": {}}}',
        '{"frames": {"1": {}, "01": {}}}',
        '{"frames": {"1": {"valence": 11}}}',
        '{"frames": {"1": {"valence": NaN}}}',
        '{"frames": {"1": {"valence": "3"}}}',
        '{"frames": {"1": {"valence": true}}}',
        '{"frames": {"1": {"landmarks": [[1, 2]]}}}',
        '{"frames": {"1": {"landmarks": [[1], [1, 2]]}}}',
        '{"frames": {"1": {"landmarks": {"a": 1}}}}',
        '{"frames": {"1": {"landmarks": ' + json.dumps([[1e300, 0]] * 68) + "}}}",
        '{"frames": {"1": {"landmarks": ' + json.dumps([["a", 0]] * 68) + "}}}",
        "\xff",
    ],
)
def test_faults_name_the_file(content: str) -> None:
    with pytest.raises(AffectError, match=r"001\.json"):
        parse_clip(content.encode("latin-1"), "001.json")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("0123", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=60) | st.builds(lambda frames: json.dumps({"frames": frames}).encode(), anything))
def test_arbitrary_content_gives_labels_or_an_affect_error(data: bytes) -> None:
    with contextlib.suppress(AffectError):
        parse_clip(data, "f")


@given(entry=st.dictionaries(st.sampled_from(["valence", "arousal", "landmarks"]), anything))
def test_arbitrary_frames_give_labels_or_an_affect_error(entry: dict[str, Any]) -> None:
    with contextlib.suppress(AffectError):
        valence, arousal, _ = parse_clip(json.dumps({"frames": {"1": entry}}).encode(), "f")[1][1]
        assert not abs(valence) > 1
        assert not abs(arousal) > 1
