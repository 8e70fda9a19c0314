"""The check and the report of a corpus on a real local Ray, through the real reader of FER2013."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from affect import samples
from affect.errors import AffectError
from jobs import check, report
from tests.checking.made_corpus import noise
from tests.made_pictures import encode
from tests.reports.made_reports import Page

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

FILES = {
    "train/angry/Training_1.png": encode(noise(1), "PNG"),
    "train/angry/Training_2.png": encode(noise(1), "PNG"),
    "train/happy/Training_3.png": b"not a picture",
    "train/happy/Training_4.png": encode(noise(4), "PNG"),
    "validation/sad/PublicTest_5.png": encode(noise(1), "PNG"),
    "validation/sad/PublicTest_6.png": encode(np.zeros((48, 48, 3), np.uint8), "PNG"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        path = tmp_path / "fer2013" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "fer2013"


def test_a_corpus_with_faults_is_reported(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["fer2013", "--root", str(root), "--out", str(out), "--workers", "2"]
    for _ in range(2):  # again is from the start
        result = CliRunner().invoke(check.app, arguments, catch_exceptions=False)
        assert result.exit_code == 0
    assert "duplicate across splits" in result.stdout
    with (out / "findings.csv").open() as file:
        found = [(row["kind"], Path(row["name"]).stem, Path(row["other"]).stem) for row in csv.DictReader(file)]
    assert found == [
        ("unreadable", "Training_3", ""),
        ("duplicate across splits", "Training_2", "Training_1"),
        ("duplicate across splits", "PublicTest_5", "Training_1"),
        ("contradiction", "Training_1", "Training_2"),
        ("blank", "PublicTest_6", ""),
        ("corpus", "test", ""),
    ]
    summary = json.loads((out / "summary.json").read_text())
    facts = {"pictures": 5, "surplus_copies": 2, "groups_across_splits": 1, "groups_of_several_expressions": 1}
    assert facts.items() <= summary.items()
    page = Page((out / "check.html").read_text())
    assert ["pictures, train", "28,709", "4", "-28,705", "differs", "the challenge (Goodfellow et al., 2013)"] in [
        row for table in page.tables for row in table
    ]
    assert page.addresses() == ["findings.csv", "summary.json"]


def test_an_unusable_root_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    arguments = ["fer2013", "--root", str(tmp_path / "empty"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(check.app, arguments)
    assert isinstance(result.exception, AffectError)
    assert not (tmp_path / "out").exists()


def test_the_report_of_a_corpus_before_and_after(root: Path, tmp_path: Path) -> None:
    rows = [
        {"corpus": "fer2013", "split": "train", "person": "main", "frame": 0, "time_s": 0.0, "expression": 1}
        | {"video": f"train/angry/Training_{number}", "success": number == 1}
        for number in (1, 2)
    ]
    uri = samples.faces_uri(str(tmp_path / "rows"), "fer2013", "train", "train-00000")
    samples.write_parquet(uri, samples.FACES, [pa.Table.from_pylist(rows, schema=samples.FACES)], "made")
    arguments = ["fer2013", "--root", str(root), "--out", str(tmp_path / "out"), "--rows", str(tmp_path / "rows")]
    result = CliRunner().invoke(report.app, [*arguments, "--workers", "2"], catch_exceptions=False)
    assert result.exit_code == 0
    page = Page((tmp_path / "out" / "report.html").read_text())
    lines = [row for table in page.tables for row in table]
    assert ["labels", "all", "6", "6"] in lines
    assert ["rows", "train", "1", "1"] in lines
    assert ["anger", "2", "1", "33.3%", "100.0%", "2", "0"] in lines
