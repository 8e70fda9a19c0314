"""Single pictures to rows: each its own video of one frame, many to a file."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from affect.corpora.corpus import Clip, Corpus, FrameLabels, Still
from affect.errors import AffectError
from affect.preprocessing.looking import Looker, Seen
from affect.preprocessing.rows import NO_FACE, label_columns
from affect.preprocessing.spill import face_of
from affect.preprocessing.summary import ClipSummary
from affect.samples import FACES, ROWS_PER_GROUP


def picture_tables(
    corpus: Corpus, clip: Clip, labels: dict[str, FrameLabels], looker: Looker, summary: ClipSummary
) -> Iterator[pa.Table]:
    """Tables of FACES of at most about ROWS_PER_GROUP rows; ``summary`` is filled as they are made.

    A picture of which one person is meant has one row, with or without a face. Where everyone is followed it has a row
    for each face, or one without. A picture that cannot be read is a row that says why.
    """
    (person,) = clip.persons or ("",)
    of_pictures = labels.get(person)
    rows: list[dict[str, Any]] = []
    frames: list[int] = []
    named: set[str] = set()
    of_named = 0
    for still in corpus.stills(clip):
        made = _rows(still, clip, looker, summary)
        rows += made
        frames += [still.frame] * len(made)
        shown = sum(row["success"] for row in made)
        if still.subject is not None and shown:
            named.add(still.subject)
            of_named += shown
        summary.frames += 1
        summary.rows += len(made)
        summary.missed += len(made) - shown
        if len(rows) >= ROWS_PER_GROUP:
            yield _table(rows, frames, of_pictures)
            rows, frames = [], []
    # Who is not named is somebody else in each picture.
    summary.persons = len(named) + (summary.rows - summary.missed - of_named)
    if rows:
        yield _table(rows, frames, of_pictures)


def _rows(still: Still, clip: Clip, looker: Looker, summary: ClipSummary) -> list[dict[str, Any]]:
    common = {"corpus": clip.corpus, "split": clip.split, "video": still.name, "frame": 0, "time_s": still.time_s}
    common |= {"subject": still.subject}
    try:
        with summary.timed("decode"):
            picture = still.load()
        with summary.timed("detect"):
            if clip.persons or clip.cropped:
                one = looker.given(still, picture, cropped=clip.cropped)
                seen = [] if one is None else [one]
            else:
                seen = looker.cut(picture, looker.detector(picture))
    except AffectError as error:
        summary.unreadable[still.name] = str(error)
        return [common | {"person": _person(clip, 0), "success": False, "reason": str(error)}]
    if not seen:
        return [common | {"person": _person(clip, 0), "success": False, "reason": NO_FACE}]
    with summary.timed("write"):
        return [common | _face(one, _person(clip, number), looker) for number, one in enumerate(seen)]


def _person(clip: Clip, number: int) -> str:
    return clip.persons[0] if clip.persons else str(number)


def _face(seen: Seen, person: str, looker: Looker) -> dict[str, Any]:
    face = face_of(seen, 0, 0, looker.settings.jpeg_quality)
    columns = {name: getattr(face, name) for name in ("image", "box", "score", "landmarks5", "landmarks68")}
    return {"person": person, "success": True, **columns}


def _table(rows: list[dict[str, Any]], frames: list[int], labels: FrameLabels | None) -> pa.Table:
    table = pa.Table.from_pylist(rows, schema=FACES)
    if labels is None:
        return table
    first, last = frames[0], frames[-1] + 1
    columns = label_columns(labels, first, last)
    places = pa.array([frame - first for frame in frames])
    for name, column in columns.items():
        table = table.set_column(FACES.get_field_index(name), FACES.field(name), column.take(places))
    return table
