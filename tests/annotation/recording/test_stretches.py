"""Marks and the labels of frames that they make."""

from pathlib import Path

import numpy as np
import pytest

from affect.annotation.recording.sessions import ConflictError
from affect.annotation.recording.stretches import Marked, Stretch, action_units, expressions
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from tests.annotation.recording.made_project import made_project

TIMES = np.arange(10) / 25


def marks(*stretches: tuple[str, int, int]) -> Marked:
    """Marked from frame to frame, with time stamps as browsers round them."""
    return Marked(
        stretches=tuple(
            Stretch(label=label, from_s=round(first / 25, 3) + 1e-3, to_s=round(last / 25, 3) + 1e-3)
            for label, first, last in stretches
        )
    )


def test_expressions_of_frames() -> None:
    marked = marks(("happiness", 1, 5), ("surprise", 4, 6), ("unknown", 2, 2), ("neutral", 9, 9))
    assert expressions(marked, TIMES).tolist() == [-1, 4, -1, 4, 6, 6, 6, -1, -1, 0]


def test_action_units_of_frames() -> None:
    labels = action_units(marks(("unknown", 0, 0), ("AU12", 0, 3), ("AU1", 2, 9)), TIMES)
    expected = np.zeros((10, 8), int)
    expected[:4, AFF_WILD2_ACTION_UNITS.index(12)] = 1
    expected[2:, 0] = 1
    expected[0] = -1
    asked = [ACTION_UNITS.index(unit) for unit in AFF_WILD2_ACTION_UNITS]
    np.testing.assert_array_equal(labels[:, asked], expected)
    assert (np.delete(labels, asked, axis=1) == -1).all()


def test_a_revision_takes_the_place_of_the_one_before_and_no_other(tmp_path: Path) -> None:
    progress = made_project(tmp_path, ("one",))
    item, store = progress.project.item("one"), progress.stretches
    first = marks(("AU1", 0, 2)).model_copy(update={"revision": 1})
    store.write("action_units", "Ann", item, first)
    store.write("action_units", "Ann", item, first)
    with pytest.raises(ConflictError):
        store.write("action_units", "Ann", item, marks(("AU2", 0, 2)).model_copy(update={"revision": 1}))
    with pytest.raises(AffectError, match="happiness"):
        store.write("action_units", "Ann", item, marks(("happiness", 0, 2)).model_copy(update={"revision": 2}))
    assert store.read("action_units", "Ann", item) == first
    assert not progress.state("action_units", "Ann", item).finished
