"""Totals and the contact sheet."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from affect import samples
from affect.media.pictures import encode_jpeg
from affect.preprocessing.overview import contact_sheet, stage_seconds, totals
from affect.preprocessing.summary import STAGES, ClipSummary


def test_totals_leave_out_what_was_set_aside() -> None:
    clips = [
        ClipSummary("c", "s", "a", "m", frames=10, persons=2, rows=20, missed=3, labels_short=1, skipped=True),
        ClipSummary("c", "s", "b", "m", frames=5, persons=1, rows=5, missed=5, no_sound="none"),
        ClipSummary("c", "s", "d", "m", set_aside="broken"),
    ]
    assert totals(clips) == {
        "clips": 3, "set_aside": 1, "without_sound": 1, "unreadable": 0, "frames": 15, "persons": 3, "rows": 25,
        "faces_missed": 8, "labels_beyond": 0, "labels_short": 1,
    }  # fmt: skip


def test_time_of_a_stage_adds_up() -> None:
    clips = [ClipSummary("c", "s", name, "m") for name in "ab"]
    for clip in clips:
        for _ in range(2):
            with clip.timed("align"):
                sum(range(20_000))
    spent = stage_seconds(clips)
    assert set(spent) == set(STAGES)
    assert spent["align"] == pytest.approx(sum(clip.seconds["align"] for clip in clips), abs=1e-3)
    assert spent["detect"] == 0


def rows(shades: list[int | None]) -> pa.Table:
    fixed = {"corpus": "c", "split": "s", "person": "main", "time_s": 0.0}
    records = [
        fixed
        | {
            "video": "v",
            "frame": frame,
            "success": shade is not None,
            "image": None if shade is None else encode_jpeg(np.full((96, 96, 3), shade, np.uint8)),
        }
        for frame, shade in enumerate(shades)
    ]
    return pa.Table.from_pylist(records, schema=samples.FACES)


def test_contact_sheet_spans_each_clip(tmp_path: Path) -> None:
    shades = [[10] * 256, [None] * 4 + [100] * 4, [200] * 9]
    long = str(tmp_path / "long.parquet")
    samples.write_parquet(long, samples.FACES, map(rows, shades), "print")
    none = str(tmp_path / "none.parquet")
    samples.write_parquet(none, samples.FACES, [rows([None, None])], "print")
    sheet = contact_sheet([long, none], crops=6)
    assert sheet is not None
    assert sheet.shape == (96, 6 * 96, 3)
    np.testing.assert_allclose(sheet[48, 48::96, 0], [10, 10, 100, 100, 200, 200], atol=2)
    assert contact_sheet([none]) is None
