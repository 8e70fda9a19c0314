"""Labels that all annotators gave."""

import numpy as np
import pytest

from affect.annotation.unanimous import agreed_action_units, agreed_expressions
from affect.errors import AffectError


def labels(*rows: object) -> np.ndarray:
    return np.array(rows, np.int8)


def test_expressions_on_which_all_agree() -> None:
    one, two, three = labels(4, 4, 0, -1, 2, 6), labels(4, 3, 0, -1, 2), labels(4, 4, 0, -1, -1, 6)
    assert agreed_expressions([one, two, three]).tolist() == [4, -1, 0, -1, -1, -1]


@pytest.mark.parametrize(
    ("whole_frames", "expected"),
    [
        (True, [[1, -1, 0], [-1, -1, -1], [-1, -1, -1], [0, -1, 0]]),
        (False, [[1, -1, 0], [1, -1, -1], [-1, -1, 1], [0, -1, 0]]),
    ],
)
def test_action_units_on_which_all_agree(whole_frames: bool, expected: list[list[int]]) -> None:
    """The second unit was not annotated by anybody, and is no reason to drop a frame."""
    one = labels([1, -1, 0], [1, -1, 1], [-1, -1, 1], [0, -1, 0], [1, -1, 1])
    two = labels([1, -1, 0], [1, -1, 0], [1, -1, 1], [0, -1, 0])
    expected = [*expected, [-1, -1, -1]]  # the second annotator stopped before
    assert agreed_action_units([one, two], whole_frames).tolist() == expected


def test_a_unit_that_only_some_annotated_is_not_agreed_on() -> None:
    assert agreed_action_units([labels([1, 0]), labels([1, -1])], False).tolist() == [[1, -1]]
    assert agreed_action_units([labels([1, 0]), labels([1, -1])], True).tolist() == [[-1, -1]]


@pytest.mark.parametrize("agreed", [agreed_expressions, agreed_action_units])
def test_one_annotator_cannot_agree(agreed: object) -> None:
    with pytest.raises(AffectError, match="1 of at least 2"):
        agreed([labels([1])])  # type: ignore[operator]
