"""A recipe of each family runs its small preset to its end, and the command keeps what ran."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from affect.reports.recipe_matrix import BEGIN, END
from jobs.matrix import app, attempt
from tests.made_rows import write_people, write_rows

pytestmark = [pytest.mark.cluster, pytest.mark.ray, pytest.mark.usefixtures("ray_cluster", "own_log")]


@pytest.fixture
def own_log() -> Iterator[None]:
    """A run in this process sends its log to the standard output, as a worker does."""
    logger = logging.getLogger("affect")
    before = logger.handlers, logger.propagate, logger.level
    yield
    logger.handlers, logger.propagate, level = before
    logger.setLevel(level)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All that any recipe takes: labels of every kind, landmarks, sound, people."""
    folder = str(tmp_path_factory.mktemp("rows"))
    counts = {"train": 3, "validation": 1, "test": 1}
    settings = write_rows(folder, counts, size=96, frames=16, landmarks68=True, sound_columns=96)
    people = {"train": ("n1", "n2", "n3"), "validation": ("n1", "n2", "n3")}
    write_people(folder, people, each=8, size=96, settings=settings, corpus="sample-identities")
    return folder


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("ijcv2019/cnn-m/fixed-cnn", 1),
        ("ijcv2019/affwildnet/staged", 2),
        ("ijcv2019/vgg-face-without-landmarks/afew-va", 5),
        ("ext2018/vggface1-gru-attention/strategy-iii", 2),
        ("ext2018/densenet-indrnn", 1),
        ("bmvc2019/mt-arcres/raf-db", 2),
        ("bmvc2019/av-mt-vgg-rnn", 1),
        ("fbn2019/facebehaviornet-all-coupling-raf-db-compound/few-shot", 2),
        ("pretrain-identity/vggface12", 2),
    ],
)
def test_a_small_preset_runs_to_its_end(rows: str, name: str, stages: int) -> None:
    outcome = attempt(name, [rows], steps=2)
    assert not outcome.failure
    assert outcome.ran
    assert outcome.stages == stages
    assert outcome.steps >= stages
    assert outcome.score is not None
    assert outcome.loss_last is not None


def test_what_ran_is_not_run_again_and_what_did_not_is_told(rows: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    arguments = [
        "--out",
        str(tmp_path / "out"),
        "--only",
        "pretrain-identity/resnet1",
        "--steps",
        "1",
        "--page",
        str(page),
    ]
    result = CliRunner().invoke(app, ["--data", str(tmp_path / "none"), *arguments])
    assert isinstance(result.exception, AffectError)
    assert "2 recipes did not run" in str(result.exception)
    kept = json.loads((tmp_path / "out" / "matrix.json").read_text())
    assert all("no pre-processed rows" in one["failure"] for one in kept)
    CliRunner().invoke(app, ["--data", rows, *arguments], catch_exceptions=False)
    first = {file.name: file.read_text() for file in (tmp_path / "out" / "outcomes").iterdir()}
    assert len(first) == 2
    CliRunner().invoke(app, ["--data", str(tmp_path / "none"), *arguments], catch_exceptions=False)
    assert {file.name: file.read_text() for file in (tmp_path / "out" / "outcomes").iterdir()} == first
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "2 of 2 ran" in text
    assert "old" not in text
