"""Who is in a scene: detections of some of its frames, joined to one appearance of one person each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect.curation.settings import CurationSettings
from affect.faces.tracking import MAX_GROWTH, Tracker


@dataclass(frozen=True)
class Look:
    """The faces (n, 4) found in one frame of a recording: x, y, width and height in pixels of the upright picture."""

    frame: int
    time_s: float
    boxes: NDArray[np.float32]


@dataclass
class Person:
    """One uninterrupted appearance of one person."""

    frames: list[int]
    times: list[float]
    boxes: list[NDArray[np.float32]]

    @property
    def size(self) -> float:
        """The median of the root of the box's area, in pixels."""
        return float(np.sqrt(np.median([box[2] * box[3] for box in self.boxes])))

    @property
    def place(self) -> float:
        """The median of the horizontal place of the box's centre, in pixels."""
        return float(np.median([box[0] + box[2] / 2 for box in self.boxes]))

    def join(self, later: "Person") -> None:
        self.frames += later.frames
        self.times += later.times
        self.boxes += later.boxes


def find_people(looks: Sequence[Look], settings: CurationSettings) -> list[Person]:
    """The people of one scene who count, in order of their coming: large enough and seen for long enough.

    Nobody is recognised: tracks are joined when one begins near to where, and not long after, another one ended.
    """
    joined = _join(_tracks(looks), settings)
    seen = [one for one in joined if one.times[-1] - one.times[0] + 1 / settings.looks_per_s >= settings.min_seen_s]
    large = [one for one in seen if one.size >= settings.min_face]
    least = np.sqrt(settings.background) * max((one.size for one in large), default=0.0)
    return [one for one in large if one.size >= least]


def _tracks(looks: Sequence[Look]) -> list[Person]:
    tracker = Tracker()
    people: list[Person] = []
    for look in looks:
        for number, box in zip(tracker.update(look.frame, look.time_s, look.boxes), look.boxes, strict=True):
            if number == len(people):
                people.append(Person([], [], []))
            people[number].join(Person([look.frame], [look.time_s], [box]))
    return people


def _join(tracks: list[Person], settings: CurationSettings) -> list[Person]:
    """Each track goes on with the nearest of the people who are no longer seen, or is somebody new."""
    people: list[Person] = []
    for track in sorted(tracks, key=lambda track: track.frames[0]):
        near = {
            index: _shift(person.boxes[-1], track.boxes[0])
            for index, person in enumerate(people)
            if 0 < track.times[0] - person.times[-1] <= settings.max_gap_s
        }
        best = min(near, key=lambda index: near[index], default=None)
        if best is None or near[best] > settings.max_shift:
            people.append(track)
        else:
            people[best].join(track)
    return people


def _shift(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Distance of the centres in sizes of the face; infinite where the sizes are too different."""
    areas = float(before[2] * before[3]), float(after[2] * after[3])
    if max(areas) > MAX_GROWTH**2 * min(areas):
        return float("inf")
    way = before[:2] + before[2:] / 2 - after[:2] - after[2:] / 2
    return float(np.hypot(*way) / (areas[0] * areas[1]) ** 0.25)
