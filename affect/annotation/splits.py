"""The file that says which split each video belongs to: ``video,subject,split``, or ``video,subject,fold``."""

import csv
import io
from collections.abc import Sequence

from affect import storage
from affect.annotation.plans import THREE, Unit
from affect.errors import AffectError

BETWEEN_SUBJECTS = ";"
"""Between the names of several people of one video."""


def write_splits(uri: str, units: Sequence[Unit], splits: Sequence[str], column: str = "split") -> None:
    """Write the split, or ``column`` "fold", of each of ``units``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["video", "subject", column])
    for unit, split in zip(units, splits, strict=True):
        writer.writerow([unit.name, BETWEEN_SUBJECTS.join(unit.subjects), split])
    storage.write_text(uri, text.getvalue())


def read_splits(uri: str, fold: int | None = None) -> dict[str, str]:
    """The split of each video, or single picture, by name: train, validation or test.

    Of a file of folds, ``fold`` is the test split and the others are the training split. Raises AffectError naming the
    line that is at fault, and where ``fold`` is missing, unknown, or given for a file without folds.
    """
    try:
        rows = list(csv.reader(io.StringIO(storage.read_bytes(uri).decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise AffectError(f"{uri} is not a CSV file in UTF-8 ({error}); jobs.partition writes one") from error
    column = rows[0][-1] if rows and rows[0] in (["video", "subject", "split"], ["video", "subject", "fold"]) else None
    if column is None:
        raise AffectError(f"{uri} does not begin with 'video,subject,split' or 'video,subject,fold'")
    if (column == "fold") != (fold is not None):
        raise AffectError(f"{uri} holds {column}s; {'say which one to test on' if fold is None else 'give no fold'}")
    splits: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != 3 or row[0] in splits or (row[2] not in THREE if fold is None else not row[2].isdecimal()):
            raise AffectError(f"{uri}, line {number}: {','.join(row)[:60]!r} is no new video with a {column}; mend it")
        splits[row[0]] = row[2]
    if fold is None:
        return splits
    if str(fold) not in splits.values():
        raise AffectError(f"{uri} has no fold {fold}; it has {', '.join(sorted(set(splits.values())))}")
    return {video: "test" if of_video == str(fold) else "train" for video, of_video in splits.items()}
