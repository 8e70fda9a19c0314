import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.annotation_file import parse_annotation
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, EXPRESSIONS, action_unit_label

HEADERS = {
    "va": "valence,arousal",
    "expr": "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise",
    "au": "AU1,AU2,AU4,AU6,AU12,AU15,AU20,AU25",
}
LATER_AU = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"


@given(
    rows=st.lists(st.one_of(st.none(), st.tuples(*[st.integers(-1000, 1000)] * 2)), max_size=30),
    end=st.sampled_from(["", "\n", "\r\n\r\n", " \n\n"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    bom=st.booleans(),
    swapped=st.booleans(),
)
def test_valence_and_arousal_come_back_as_written(
    rows: list[tuple[int, int] | None], end: str, newline: str, bom: bool, swapped: bool
) -> None:
    lines = ["-5,-5" if row is None else f"{row[0] / 1000},{row[1] / 1000}" for row in rows]
    header = "Arousal, Valence" if swapped else "valence,arousal"
    data = newline.join([header, *lines]) + end
    values = parse_annotation(data.encode("utf-8-sig" if bom else "utf-8"), "va", "f")
    expected = np.array([(np.nan, np.nan) if row is None else row for row in rows], np.float64).reshape(-1, 2) / 1000
    np.testing.assert_allclose(values, expected[:, ::-1] if swapped else expected, atol=1e-6)


@pytest.mark.parametrize("line", ["-5,0.2", "0.2,-5", "-5.0,-5", " -5 , -5 "])
def test_one_missing_value_makes_the_frame_unannotated(line: str) -> None:
    assert np.isnan(parse_annotation(f"valence,arousal\n{line}\n".encode(), "va", "f")).all()


@given(
    order=st.permutations([*EXPRESSIONS, "Other"]),
    labels=st.lists(st.integers(-1, 7), max_size=30),
    case=st.sampled_from([str.upper, str.lower, str.capitalize]),
)
def test_expressions_are_read_by_the_header_and_other_is_unannotated(
    order: list[str], labels: list[int], case: Callable[[str], str]
) -> None:
    data = "\n".join([",".join(map(case, order)), *map(str, labels)])
    expected = [EXPRESSIONS.index(order[i]) if i >= 0 and order[i] != "Other" else -1 for i in labels]
    assert parse_annotation(data.encode(), "expr", "f").tolist() == expected


@given(
    units=st.lists(st.sampled_from(ACTION_UNITS), min_size=1, unique=True),
    data=st.data(),
    name=st.sampled_from(["AU{}", "au{}", "AU{:02d}"]),
)
def test_action_units_are_read_by_the_header(units: list[int], data: st.DataObject, name: str) -> None:
    rows = data.draw(
        st.lists(st.lists(st.sampled_from([-1, 0, 1]), min_size=len(units), max_size=len(units)), max_size=9)
    )
    lines = [",".join(map(name.format, units)), *(",".join(map(str, row)) for row in rows)]
    values = parse_annotation("\n".join(lines).encode(), "au", "f")
    assert values.shape == (len(rows), len(ACTION_UNITS))
    for column, unit in enumerate(ACTION_UNITS):
        wanted = [row[units.index(unit)] if unit in units else -1 for row in rows]
        assert values[:, column].tolist() == wanted


def test_the_later_challenges_twelve_action_units_are_read() -> None:
    values = parse_annotation(f"{LATER_AU}\n{','.join(['1'] * 12)}\n".encode(), "au", "f")
    assert values.sum(where=values > 0) == 12


@given(kind=st.sampled_from(["va", "expr", "au"]), data=st.binary(max_size=80), header=st.booleans())
def test_arbitrary_bytes_give_labels_or_an_affect_error(kind: str, data: bytes, header: bool) -> None:
    start = f"{HEADERS[kind]}\n".encode() if header else b""
    with contextlib.suppress(AffectError):
        assert len(parse_annotation(start + data, kind, "f")) <= len(data) + 1


@pytest.mark.parametrize(
    ("kind", "content", "line"),
    [
        ("va", "", 1),
        ("va", "valence\n0.1\n", 1),
        ("va", "valence,arousal\n0.1,0.2\n0.1\n", 3),
        ("va", "valence,arousal\n0.1,1.2\n", 2),
        ("va", "valence,arousal\nnan,0.1\n", 2),
        ("va", "valence,arousal\n1_0,0.1\n", 2),
        ("va", "valence,arousal\n0.1,0.1\n\n0.1,0.1\n", 3),
        ("expr", "Neutral,Anger,Joy\n0\n", 1),
        ("expr", "Neutral,Anger,Anger\n0\n", 1),
        ("expr", "Neutral,Anger\n2\n", 2),
        ("expr", "Neutral,Anger\n-2\n", 2),
        ("expr", "Neutral,Anger\n0.0\n", 2),
        ("au", "AU1,AU3\n0,0\n", 1),
        ("au", "AU1,AU1\n0,0\n", 1),
        ("au", "AU1,AU2\n0,2\n", 2),
        ("au", "AU1,AU2\n0,0,0\n", 2),
    ],
)
def test_a_fault_names_file_and_line(kind: str, content: str, line: int) -> None:
    with pytest.raises(AffectError, match=rf"some/video\.txt, line {line}: "):
        parse_annotation(content.encode(), kind, "some/video.txt")


def test_what_is_not_text_names_the_file() -> None:
    with pytest.raises(AffectError, match="not a text file"):
        parse_annotation("valence,arousal\n".encode("utf-16"), "va", "some/video.txt")


def test_headers_of_this_test_are_those_of_the_vocabulary() -> None:
    assert [name.lower() for name in HEADERS["expr"].split(",")] == list(EXPRESSIONS)
    assert set(HEADERS["au"].split(",")) <= set(map(action_unit_label, ACTION_UNITS))
