"""Files that annotators leave, in both forms."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.annotation.traces import find_traces, parse_traces
from affect.errors import AffectError

SAMPLES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(-1000, 1000)), min_size=1, max_size=30)


@given(
    samples=SAMPLES,
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    end=st.sampled_from(["", "\n", "\r\n\r\n"]),
    bom=st.booleans(),
    swapped=st.booleans(),
)
def test_a_trace_comes_back_as_written(
    samples: list[tuple[int, int]], newline: str, end: str, bom: bool, swapped: bool
) -> None:
    table = np.array(sorted(samples)) / 1000
    lines = [f"{value},{time}" if swapped else f"{time},{value}" for time, value in table.tolist()]
    data = newline.join(["value,time_s" if swapped else "time_s,value", *lines]) + end
    (trace,) = parse_traces(data.encode("utf-8-sig" if bom else "utf-8"), "root/valence/video/someone.csv")
    assert trace.annotator == "someone"
    np.testing.assert_allclose(np.stack([trace.times, trace.values], axis=1), table)


def test_individual_ratings_hold_a_trace_for_each_column() -> None:
    data = "time;FM1 ;FM2;FF1\n0;0.1;-0.2;0\n0.04;0.2;-0.3;1\n"
    traces = parse_traces(data.encode(), "ratings_individual/arousal/P16.csv")
    assert [trace.annotator for trace in traces] == ["FM1", "FM2", "FF1"]
    assert [trace.values.tolist() for trace in traces] == [[0.1, 0.2], [-0.2, -0.3], [0, 1]]
    assert traces[2].times.tolist() == [0, 0.04]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("time,value\n0,0\n", "line 1: the header"),
        ("time_s,value\n0\n", "line 2: .* 1 values where the header names 2"),
        ("time_s,value\n0,0\n1,nan\n", "line 3: .* numbers"),
        ("time_s,value\n0,0\n\n1,0\n", "line 3: "),
        ("time_s,value\n1,0\n0.5,0\n", "line 3: time runs backwards"),
        ("time_s,value\n0,0\n1,1.5\n", "line 3: a value is outside"),
        ("time_s,value\n", "holds no value"),
        ("time;A;A\n0;0;0\n", "line 1: the header"),
        ("stamp;A\n0;0\n", "line 1: the header"),
    ],
)
def test_a_fault_names_file_and_line(content: str, message: str) -> None:
    with pytest.raises(AffectError, match=f"a/b.csv.*{message}"):
        parse_traces(content.encode(), "a/b.csv")


@given(data=st.binary(max_size=60), header=st.sampled_from([b"", b"time_s,value\n", b"time;A\n"]))
def test_arbitrary_bytes_give_traces_or_an_affect_error(data: bytes, header: bytes) -> None:
    with contextlib.suppress(AffectError):
        assert all(len(trace.times) == len(trace.values) for trace in parse_traces(header + data, "f.csv"))


def test_files_are_found_by_where_they_lie(tmp_path: Path) -> None:
    names = [
        "valence/b/two.csv",
        "valence/b/one.csv",
        "arousal/b/one.csv",
        "arousal/a.csv",
        "expression/b/one.txt",
        "expression/b/one.csv",
        "expression/b.txt",
        "valence/b/.one.csv",
        "valence/b/old/one.csv",
        "notes/b/one.csv",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_traces(str(tmp_path))
    assert list(found) == ["a", "b"]
    relative = {
        video: {kind: [file.removeprefix(f"{tmp_path}/") for file in files] for kind, files in kinds.items()}
        for video, kinds in found.items()
    }
    assert relative == {
        "a": {"arousal": ["arousal/a.csv"]},
        "b": {
            "valence": ["valence/b/one.csv", "valence/b/two.csv"],
            "arousal": ["arousal/b/one.csv"],
            "expression": ["expression/b/one.txt"],
        },
    }


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="<annotator>.csv"):
        find_traces(str(tmp_path))
