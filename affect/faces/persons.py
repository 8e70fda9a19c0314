"""From tracks to the persons a corpus names: main, left and right, or everyone seen."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.faces.tracking import Track

MIN_SEEN_S = 0.5
"""Shorter tracks make no person of their own when everyone is followed."""

MAX_SHARED = 0.1
"""Part of a track that may coincide in time with others of the same person, as a face found twice does."""

RIVAL_AREA = 0.5
"""A face at least this large beside another one leaves open which of them is the main person."""


MAX_CANDIDATES = 20
"""Tracks among which the two people of a clip are looked for."""


def choose_persons(
    tracks: Sequence[Track], persons: tuple[str, ...], frames: int, duration_s: float, width: int
) -> dict[str, list[int]]:
    """The tracks of each person, the more prominent first: where two coincide in a frame, the first one counts.

    ``persons`` is ``()`` for everyone seen for MIN_SEEN_S, numbered by how long; one name for the most prominent
    person; or ``("left", "right")``, or one of them, for the two most prominent people by their place in a picture of
    ``width``. Raises AffectError for other names.
    """
    if not persons:
        return _everyone(tracks, frames, duration_s)
    if set(persons) <= {"left", "right"}:
        sides = _left_and_right(tracks, frames, width)
        return {person: sides[person] for person in persons}
    if len(persons) == 1:
        return {persons[0]: _main(tracks, frames)}
    raise AffectError(f"cannot tell the persons {', '.join(persons)} apart; known are main, or left and right")


def prominence(track: Track) -> float:
    """Area summed over the frames in which a face is seen."""
    return track.area


def _everyone(tracks: Sequence[Track], frames: int, duration_s: float) -> dict[str, list[int]]:
    enough = min(MIN_SEEN_S, duration_s / 2) / duration_s * frames if duration_s > 0 else 0.0
    seen = sorted((track for track in tracks if len(track.frames) >= enough), key=lambda t: (-len(t.frames), t.number))
    # Someone is always listed, so that a clip without a face still has its rows.
    return {str(index): [track.number] for index, track in enumerate(seen)} or {"0": []}


def _main(tracks: Sequence[Track], frames: int) -> list[int]:
    taken = np.zeros(frames, bool)
    chosen: list[int] = []
    for track in sorted(tracks, key=prominence, reverse=True):
        if _shared(track, taken) > MAX_SHARED:
            continue
        rivals = (
            other
            for other in tracks
            if other is not track
            and other.frames[0] <= track.frames[-1]
            and track.frames[0] <= other.frames[-1]
            and other.mean_area > RIVAL_AREA * track.mean_area
        )
        if chosen and any(_shared(rival, taken) <= MAX_SHARED and _together(rival, track) for rival in rivals):
            continue
        chosen.append(track.number)
        taken |= _mask(track, frames)
    return chosen


def _left_and_right(tracks: Sequence[Track], frames: int, width: int) -> dict[str, list[int]]:
    ordered = sorted(tracks, key=prominence, reverse=True)
    # The pair seen together longest and largest; two who are never seen together, by prominence alone.
    pairs = itertools.combinations(ordered[:MAX_CANDIDATES], 2)
    pair = max(pairs, key=lambda p: _together(*p) * min(p[0].mean_area, p[1].mean_area), default=tuple(ordered[:1]))
    places = sorted(track.mean_centre for track in pair)
    middle = sum(places) / 2 if len(places) == 2 else width / 2
    sides: dict[str, list[int]] = {"left": [], "right": []}
    taken = {side: np.zeros(frames, bool) for side in sides}
    for track in sorted(ordered, key=lambda track: track not in pair):
        side = "left" if track.mean_centre < middle else "right"
        if not sides[side] or _shared(track, taken[side]) <= MAX_SHARED:
            sides[side].append(track.number)
            taken[side] |= _mask(track, frames)
    return sides


def _mask(track: Track, frames: int) -> NDArray[np.bool_]:
    mask = np.zeros(frames, bool)
    mask[np.asarray(track.frames)] = True
    return mask


def _shared(track: Track, taken: NDArray[np.bool_]) -> float:
    return float(taken[np.asarray(track.frames)].mean())


def _together(track: Track, other: Track) -> int:
    """Frames in which both are seen."""
    return len(np.intersect1d(track.frames, other.frames, assume_unique=True))
