import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affect.corpora.sample.rules import ACTIVE, expressions, present, valence_arousal
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS, EMOTION_ACTION_UNITS, EXPRESSIONS

INTENSITIES = arrays(np.float32, (4, 17), elements=st.floats(0, 1, width=32))


def face(intensities: dict[int, float]) -> np.ndarray:
    return np.array([[intensities.get(unit, 0.0) for unit in ACTION_UNITS]], np.float32)


def shown(emotion: str, optional: bool, intensity: float = 1.0) -> np.ndarray:
    shares = EMOTION_ACTION_UNITS.get(emotion, {})
    return face({unit: intensity for unit, share in shares.items() if optional or share == 1.0})


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("emotion", EXPRESSIONS)
def test_table_1_makes_the_expression(emotion: str, optional: bool) -> None:
    assert EXPRESSIONS[expressions(shown(emotion, optional))[0]] == emotion


@pytest.mark.parametrize("emotion", EXPRESSIONS[1:])
def test_an_expression_on_its_way_is_unannotated(emotion: str) -> None:
    assert expressions(shown(emotion, optional=False, intensity=0.45)).tolist() == [-1]


@pytest.mark.parametrize("emotion", EXPRESSIONS[1:])
def test_every_prototypical_action_unit_is_needed(emotion: str) -> None:
    for unit, share in EMOTION_ACTION_UNITS[emotion].items():
        if share == 1.0:
            without = shown(emotion, optional=False)
            without[0, ACTION_UNITS.index(unit)] = 0.0
            assert expressions(without).tolist() == [-1]


@pytest.mark.parametrize(
    ("emotion", "valence", "arousal"),
    [
        ("anger", -1, 1),
        ("disgust", -1, 1),
        ("fear", -1, 1),
        ("happiness", 1, 1),
        ("sadness", -1, -1),
        ("surprise", 1, 1),
    ],
)
def test_emotions_lie_in_their_quadrants(emotion: str, valence: int, arousal: int) -> None:
    signs = np.sign(valence_arousal(shown(emotion, optional=False)))[0].tolist()
    assert signs == [valence, arousal]


def test_a_relaxed_face_is_neutral() -> None:
    assert expressions(face({12: 0.2})).tolist() == [EXPRESSIONS.index("neutral")]
    assert valence_arousal(face({})).tolist() == [[0.0, 0.0]]


@given(INTENSITIES)
def test_labels_are_in_range(units: np.ndarray) -> None:
    feelings, labels = valence_arousal(units), expressions(units)
    assert feelings.shape == (4, 2)
    assert (np.abs(feelings) <= 1).all()
    assert ((labels >= -1) & (labels < 7)).all()
    for column, unit in enumerate(AFF_WILD2_ACTION_UNITS):
        assert (present(units)[:, column] == (units[:, ACTION_UNITS.index(unit)] >= ACTIVE)).all()


@given(INTENSITIES, st.floats(0, 0.05))
def test_valence_and_arousal_change_smoothly(units: np.ndarray, step: float) -> None:
    moved = np.clip(units + np.float32(step), 0, 1)
    assert np.abs(valence_arousal(moved) - valence_arousal(units)).max() <= 2.5 * step + 1e-5
