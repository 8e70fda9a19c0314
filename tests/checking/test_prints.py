import numpy as np
import pytest

from affect.checking.prints import PICTURE, contradictions, labels_of
from affect.corpora.corpus import FrameLabels
from affect.labels import COMPOUND_EXPRESSIONS, EXPRESSIONS
from tests.checking.made_corpus import made_labels

NOBODY = [np.nan] * 7


def prints(labels: FrameLabels) -> np.ndarray:
    here = np.zeros(2, np.uint64)
    return np.array([(0, f, False, here, here, *labels_of(labels, f)) for f in range(len(labels))], PICTURE)


def voted(*votes: list[float]) -> FrameLabels:
    labels = FrameLabels.unannotated(len(votes))
    labels.votes[:] = votes
    return labels


def compound(*names: str) -> FrameLabels:
    labels = FrameLabels.unannotated(len(names))
    labels.compound[:] = [COMPOUND_EXPRESSIONS.index(name) for name in names]
    return labels


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (made_labels(["anger", "anger", None]), {}),
        (made_labels(["anger", "fear", "anger"]), {"expression": "anger (2), fear (1)"}),
        (compound("hatred", "awed"), {"compound": "hatred (1), awed (1)"}),
        (made_labels([None] * 3, [0.5, 0.69, np.nan]), {}),
        (made_labels([None] * 2, [0.4, 0.7]), {"valence": "from 0.40 to 0.70"}),
        (made_labels([None] * 2, units={1: [0, 1], 2: [1, -1], 12: [1, 0]}), {"action units": "AU1, AU12"}),
        (voted([3, 3, 0, 0, 0, 0, 0], [0, 5, 0, 0, 0, 0, 0], NOBODY), {}),
        (voted([3, 2, 0, 0, 0, 0, 0], [0, 5, 0, 0, 0, 0, 0]), {"votes": "neutral against anger"}),
    ],
)
def test_what_cannot_all_be_right_is_told(labels: FrameLabels, told: dict[str, str]) -> None:
    assert contradictions(prints(labels)) == told


def test_pictures_beyond_the_labels_are_unlabelled() -> None:
    labels = made_labels([EXPRESSIONS[3]])
    assert [labels_of(labels, frame)[2] for frame in (0, 1)] == [3, -1]
    assert np.isnan(labels_of(None, 0)[0])
