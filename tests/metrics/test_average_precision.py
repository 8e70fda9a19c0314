"""Average precision by hand and against a plain retelling of the evaluation kit."""

import numpy as np
import pytest

from affect.metrics.average_precision import AveragePrecision, matches, overlaps

FAR = [500.0, 500, 20, 20]
FACE, OTHER = [0.0, 0, 19, 19], [100.0, 100, 39, 39]


def precision_of(*pictures: tuple[list, list, list, list]) -> AveragePrecision:
    judged = AveragePrecision()
    for boxes, scores, faces, counted in pictures:
        judged.update(
            np.array(boxes, np.float64).reshape(-1, 4),
            np.array(scores),
            np.array(faces, np.float64).reshape(-1, 4),
            np.array(counted, bool),
        )
    return judged


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([([FACE, OTHER], [0.9, 0.8], [FACE, OTHER], [1, 1])], 1.0),
        ([([FACE], [0.9], [FACE, OTHER], [1, 1])], 0.5),
        # A false one first: half of the recall at a precision of 1/2, the other half at 2/3, which lifts the first.
        ([([FAR, FACE, OTHER], [0.9, 0.8, 0.7], [FACE, OTHER], [1, 1])], 2 / 3),
        # A false one between: recall 1/2 at 1, then 1/2 at 2/3.
        ([([FACE, FAR, OTHER], [0.9, 0.8, 0.7], [FACE, OTHER], [1, 1])], 0.5 + 0.5 * 2 / 3),
        # A second detection of the same face is false; so is one in another picture without faces.
        ([([FACE, FACE, OTHER], [0.9, 0.8, 0.7], [FACE, OTHER], [1, 1])], 0.5 + 0.5 * 2 / 3),
        ([([FACE], [0.9], [FACE], [1]), ([FAR], [0.8], [], []), ([OTHER], [0.7], [OTHER], [1])], 0.5 + 0.5 * 2 / 3),
        # Faces that do not count: any number of detections of them are neither right nor false.
        ([([FACE, FACE, FACE, OTHER], [0.9, 0.8, 0.7, 0.6], [FACE, OTHER], [0, 1])], 1.0),
        ([([FAR], [0.9], [FACE], [1])], 0.0),
        ([([], [], [FACE], [1])], 0.0),
    ],
    ids=["all", "half", "false first", "false between", "twice", "empty picture", "ignored", "wrong", "nothing"],
)
def test_by_hand(pictures: list, expected: float) -> None:
    assert precision_of(*pictures).compute() == pytest.approx(expected, abs=1e-12)


def test_overlap_counts_a_pixel_more() -> None:
    """Boxes to 19 are 20 pixels wide and high: half of each side apart they share 10 * 20 of 600."""
    assert overlaps(np.array([FACE]), np.array([[10.0, 0, 19, 19], FACE])).tolist() == [[1 / 3, 1.0]]


def test_a_detection_is_of_the_face_it_overlaps_most() -> None:
    """Though it overlaps another by enough as well; and it is lost if that one does not count."""
    faces = np.array([[0.0, 0, 99, 99], [0, 20, 99, 99]])
    boxes = np.array([[0.0, 15, 99, 99], [0, 4, 99, 99]])
    found, proposed = matches(boxes, faces, np.array([True, True]))
    assert (found.tolist(), proposed.tolist()) == ([1, 0], [True, True])
    found, proposed = matches(boxes, faces, np.array([True, False]))
    assert (found.tolist(), proposed.tolist()) == ([-1, 0], [False, True])


def drawn(seed: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(12):
        faces = np.concatenate([rng.uniform(0, 200, (6, 2)), rng.uniform(10, 60, (6, 2))], 1)
        near = faces[rng.integers(0, 6, 14)] + rng.normal(0, 3, (14, 4))
        boxes = np.concatenate([near, np.concatenate([rng.uniform(0, 200, (5, 2)), rng.uniform(10, 60, (5, 2))], 1)])
        pictures.append((boxes, rng.random(len(boxes)), faces, rng.random(6) < 0.7))
    return pictures


def as_the_kit_does(pictures: list) -> float:
    """In the words of wider_eval: per picture and threshold, then summed."""
    every = np.concatenate([scores for _, scores, _, _ in pictures])
    low, high, table, total = every.min(), every.max(), np.zeros((1000, 2)), 0
    for unsorted, raw, faces, counted in pictures:
        order = raw.argsort()[::-1]
        boxes, scores = unsorted[order], (raw[order] - low) / (high - low)
        total += counted.sum()
        state, good, recalled = np.zeros(len(faces)), np.ones(len(boxes)), []
        for place, box in enumerate(boxes):
            shared = []
            for face in faces:
                w = min(box[0] + box[2], face[0] + face[2]) - max(box[0], face[0]) + 1
                h = min(box[1] + box[3], face[1] + face[3]) - max(box[1], face[1]) + 1
                inter = w * h if w > 0 and h > 0 else 0.0
                shared.append(inter / ((box[2] + 1) * (box[3] + 1) + (face[2] + 1) * (face[3] + 1) - inter))
            best = int(np.argmax(shared))
            if shared[best] >= 0.5 and not counted[best]:
                state[best], good[place] = -1, -1
            elif shared[best] >= 0.5 and state[best] == 0:
                state[best] = 1
            recalled.append((state == 1).sum())
        for threshold in range(1000):
            kept = np.flatnonzero(scores >= 1 - (threshold + 1) / 1000)
            if len(kept):
                table[threshold] += (good[: kept[-1] + 1] == 1).sum(), recalled[kept[-1]]
    recall = np.concatenate([[0], table[:, 1] / total, [1]])
    precision = np.concatenate(
        [[0], np.divide(table[:, 1], table[:, 0], where=table[:, 0] > 0, out=np.zeros(1000)), [0]]
    )
    for place in range(len(precision) - 1, 0, -1):
        precision[place - 1] = max(precision[place - 1], precision[place])
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(((recall[steps + 1] - recall[steps]) * precision[steps + 1]).sum())


@pytest.mark.parametrize("seed", range(3))
def test_as_the_kit_does_and_in_parts(seed: int) -> None:
    pictures = drawn(seed)
    whole = precision_of(*pictures)
    expected = as_the_kit_does(pictures)
    assert 0.2 < expected < 0.9
    assert whole.compute() == pytest.approx(expected, abs=1e-12)
    parts = AveragePrecision().merge(precision_of(*pictures[5:]).state()).merge(precision_of(*pictures[:5]).state())
    assert parts.compute() == pytest.approx(expected, abs=1e-12)


def test_without_faces_there_is_no_figure() -> None:
    assert np.isnan(precision_of(([FAR], [0.5], [], [])).compute())
