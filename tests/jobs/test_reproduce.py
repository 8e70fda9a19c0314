"""The papers' tables filled from rows: needs said, partial figures set apart, nothing done twice, faults set aside."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from affect import samples
from affect.errors import AffectError
from affect.reproduction.holdings import look_at
from jobs import reproduce
from jobs.sample_figures import sample_recipes
from tests.made_rows import write_rows

NARROW = ["network.width=0.125", "network.input_size=32", "network.embedding=16", "batch.size=24",
          "batch.rows_per_epoch=48", "epochs=1", "centre_rows=32", "follow.tensorboard=false"]  # fmt: skip
TABLE = ["--paper", "bmvc2019", "--table", "8"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("made"))
    write_rows(folder, {"train": 3, "validation": 2, "test": 1})
    return folder


@pytest.fixture(scope="module")
def rows(made: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same as if they were FER2013's, without its PrivateTest."""
    folder = str(tmp_path_factory.mktemp("fer2013"))
    for uri in samples.list_faces(made):
        split, name = uri.removesuffix(".parquet").rsplit("/", 2)[1:]
        if split == "test":
            continue
        details = samples.details_of(uri) | {"corpus": "fer2013", "synthetic": False}
        tables = [_renamed(part) for part in samples.read_faces([uri])]
        place = samples.faces_uri(folder, "fer2013", split, name)
        samples.write_parquet(place, samples.FACES, tables, fingerprint="made", details=lambda told=details: told)
    return folder


def _renamed(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("corpus")
    return table.set_column(place, table.schema.field(place), pa.array(["fer2013"] * len(table)))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(reproduce.app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def sets(*settings: str) -> list[str]:
    return [word for one in settings for word in ("--set", one)]


def partial(*settings: str) -> list[str]:
    return ["--partial", "--only", "fer2013", "--only", "mt-arcres", *sets(*settings)]


def test_a_plan_says_what_would_be_run_and_writes_nothing(rows: str, tmp_path: Path) -> None:
    asked = [*TABLE, "--data", rows, "--out", str(tmp_path / "out"), "--plan"]
    nothing = run(*asked)
    assert "0 trainings, then 0 evaluations" in nothing
    assert "FER2013 in crops of 96 pixels" in nothing
    told = run(*asked, *partial(*NARROW))
    assert "bmvc2019__mt-arcres-expr-" in told
    assert "1 trainings, then 1 evaluations" in told
    assert not (tmp_path / "out").exists()


def test_without_rows_every_figure_needs_something(tmp_path: Path) -> None:
    run("--paper", "bmvc2019", "--out", str(tmp_path))
    page = (tmp_path / "report.md").read_text()
    line = next(line for line in page.splitlines() if line.startswith("| FER2013 accuracy (test) | 0.76 |"))
    assert line.split(" | ")[2] == "needs Aff-Wild2, Aff-Wild, FER2013"
    assert "| 0.8 | needs FER2013, Aff-Wild2 | 0.79 |" in page


@pytest.mark.cluster  # a pool of workers
@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_partial_figure_is_run_once_and_found_again(rows: str, tmp_path: Path) -> None:
    out = ["--data", rows, "--out", str(tmp_path)]
    run(*TABLE, *out, *partial(*NARROW), "--local")
    page = (tmp_path / "report.md").read_text()
    header = next(line for line in page.splitlines() if "MT-ArcRes: partial" in line)
    line = next(line for line in page.splitlines() if line.startswith("| FER2013"))
    cells = dict(zip(header.split(" | "), line.split(" | "), strict=True))
    (found,) = tmp_path.glob("evaluations/*/metrics.json")
    metrics = json.loads(found.read_text())
    assert cells["MT-ArcRes: partial"].startswith(f"{metrics['faces']['expression_accuracy']:.3f} [")
    assert cells["MT-ArcRes: here"].startswith("needs ")
    assert "no Aff-Wild2 stage; pictures of 32 pixels instead of 96; width 1/8; embedding 16 instead of 512" in page
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*/*")}
    run(*TABLE, *out, *partial(*NARROW), "--local")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*/*")} == before
    run(*TABLE, *out, "--only-collect")
    assert (tmp_path / "report.md").read_text() == page


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_what_fails_is_set_aside_and_tried_again(rows: str, tmp_path: Path) -> None:
    out = [*TABLE, "--data", rows, "--out", str(tmp_path)]
    wrong = [one for one in NARROW if not one.startswith("batch.size")]
    run(*out, *partial(*wrong, "batch.size=1", "resources.workers=2"), "--local")
    page = (tmp_path / "report.md").read_text()
    assert "| set aside | because |" in page
    assert "MT-ArcRes, FER2013 accuracy (test)" in page
    assert list((tmp_path / "set-aside").iterdir())


def test_what_changes_the_learning_is_asked_for_as_partial(rows: str, tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"--set epochs=1 changes what is learnt.*add --partial"):
        run(*TABLE, "--data", rows, "--out", str(tmp_path), "--set", "epochs=1")
    with pytest.raises(AffectError, match="no figure of these tables has nothing"):
        run(*TABLE, "--data", rows, "--out", str(tmp_path), "--only", "nothing")
    with pytest.raises(AffectError, match="--weights 'vgg-face' has no '='"):
        run(*TABLE, "--data", rows, "--out", str(tmp_path), "--weights", "vgg-face")


def test_synthetic_rows_have_a_table_of_their_own(made: str, rows: str, tmp_path: Path) -> None:
    run(*TABLE, "--data", made, "--out", str(tmp_path), "--only-collect", "--set", "network.input_size=32")
    page = (tmp_path / "report.md").read_text()
    assert page.startswith("# The recipes on synthetic rows")
    assert "| bmvc2019/mt-arcres/fer2013 |  | not run yet |" in page
    assert "0.8" not in page
    with pytest.raises(AffectError, match="figures of the two are never mixed"):
        run(*TABLE, "--data", made, "--data", rows, "--out", str(tmp_path))
    assert look_at([made]).synthetic


@pytest.mark.cluster
@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_recipe_on_synthetic_rows_is_measured(made: str, tmp_path: Path) -> None:
    small = sets("network.input_size=32", "batch.size=24", "batch.rows_per_epoch=48", "epochs=1", "resources.workers=1")
    run("--only", "st-vgg-expr/staged", "--data", made, "--out", str(tmp_path), "--local", *small)
    page = (tmp_path / "report.md").read_text()
    assert "| bmvc2019/st-vgg-expr/staged | expression macro f1 | 0." in page


def test_recipes_of_a_table() -> None:
    assert sample_recipes("bmvc2019", "7", []) == ["bmvc2019/mt-vgg/staged", "bmvc2019/mt-vgg-rnn-visual/staged"]
    assert len(sample_recipes("", "", [])) > 300
    with pytest.raises(AffectError, match="no recipe has nothing in its name"):
        sample_recipes("", "", ["nothing"])
