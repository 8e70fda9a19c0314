"""--dry-run: what a run needs is shown, and all that stands in its way is told in one message."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from jobs.train import app
from tests.made_rows import write_rows


def shown(*arguments: str) -> str:
    return CliRunner().invoke(app, [*arguments, "--dry-run"], catch_exceptions=False).output


@pytest.fixture
def rows(tmp_path: Path) -> str:
    write_rows(str(tmp_path / "rows"), {"train": 3, "validation": 1}, size=96)
    return str(tmp_path / "rows")


def test_needs_are_shown_and_nothing_is_written(rows: str, tmp_path: Path) -> None:
    text = shown("sample/mt-vgg", "--data", rows, "--set", "resources.workers=1")
    for word in ("parameters", "activations", "hours of learning", "unknown on GPUs", "nothing stands in the way"):
        assert word in text
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_every_fault_of_every_stage(rows: str) -> None:
    with pytest.raises(AffectError) as told:
        shown("bmvc2019/mt-arcres/raf-db", "--data", rows, "--set", "stages.raf-db.frozen=[streams.image.encodr]")
    text = str(told.value)
    assert text.startswith("3 things stand in the way of bmvc2019/mt-arcres/raf-db")
    assert "aff-wild2: data: no rows of aff-wild2" in text
    assert "jobs.preprocess raf-db --root" in text
    assert "did you mean 'streams.image.encoder'" in text
