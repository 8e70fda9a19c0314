"""What is drawn can be seen, and stays within the picture."""

import numpy as np
import pytest

from affect.models.answer import Face
from affect.models.drawing import describe, draw

FACE: Face = {
    "track_id": 0,
    "box": [60, 40, 50, 60],
    "score": 0.9,
    "landmarks": [[75, 60], [95, 60], [85, 72], [76, 84], [94, 84]],
    "expression": {"neutral": 0.05, "happiness": 0.8, "surprise": 0.15},
    "valence": 0.5,
    "arousal": -0.25,
    "action_units": {"AU1": 0.5, "AU4": 0.2, "AU12": 0.9},
    "active_action_units": ["AU1", "AU12"],
}


def test_the_text_about_a_face() -> None:
    assert describe(FACE) == ["happiness 80%", "surprise 15%", "valence +0.50  arousal -0.25", "AU1 AU12"]
    assert describe(FACE | {"active_action_units": []})[-1] == "no AU active"
    assert describe(FACE | {"compound": {"awed": 0.3, "hatred": 0.7}})[2:4] == ["hatred 70%", "awed 30%"]
    bare: Face = {key: FACE[key] for key in ("track_id", "box", "score", "landmarks")}  # type: ignore[literal-required,assignment]
    assert describe(bare) == []


@pytest.mark.parametrize(
    "box", [[60, 40, 50, 60], [-20, -30, 60, 60], [380, 250, 60, 80], [0, 0, 400, 300], [200, 140, 1, 1]]
)
@pytest.mark.parametrize("size", [(300, 400), (90, 120), (1200, 1600)])
def test_box_and_panel_are_drawn_on_a_copy(box: list[float], size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 200, np.uint8)
    drawn = draw(picture, [FACE | {"box": box}])
    assert drawn.shape == picture.shape
    assert (picture == 200).all()
    changed = (drawn != 200).any(axis=2)
    assert 0.005 < changed.mean() <= 1
    assert (drawn > 240).all(axis=2).any(), "white text"


def test_no_faces_no_change() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    np.testing.assert_array_equal(draw(picture, []), picture)


def test_panels_keep_clear_of_other_faces_and_panels() -> None:
    picture = np.full((300, 520, 3), 200, np.uint8)
    one, other = FACE | {"box": [80, 60, 90, 120]}, FACE | {"box": [350, 60, 90, 120]}
    alone = [(draw(picture, [face]) != 200).any(axis=2) for face in (one, other)]
    assert (alone[0] & alone[1]).any(), "each alone would lie where the other does"
    together = (draw(picture, [one, other]) != 200).any(axis=2)
    assert together.sum() > 0.98 * (alone[0].sum() + alone[1].sum())
