from pathlib import Path
from typing import Any

import pytest

from affect import samples
from affect.networks.spec import NetworkSpec, Recurrent
from affect.training.indexes import indexes_of, read_indexes
from affect.training.settings import BatchSettings, OptimiserSettings, Resources, TrainConfig
from jobs.train import plan_course
from tests.made_rows import write_people, write_rows

NETWORK = NetworkSpec(encoder="arc-res", input_size=32, width=0.125, heads=("valence_arousal", "expression"))


def config(folder: Path, **changes: Any) -> TrainConfig:
    base = {"recipe": "r", "data": (str(folder),), "network": NETWORK, "batch": BatchSettings(size=16)}
    return TrainConfig(**(base | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_rows(str(tmp_path), {"train": 2, "validation": 1, "test": 1})
    return tmp_path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch": BatchSettings(size=40)},
        {"seed": 9, "epochs": 3, "optimiser": OptimiserSettings(learning_rate=0.5)},
        {"resources": Resources(workers=4)},
        {"network": NETWORK.model_copy(update={"width": 0.5, "dropout": 0.1})},
    ],
)
def test_runs_on_the_same_rows_and_heads_are_laid_out_without_reading(
    folder: Path, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a file is opened, and the steps are those of a run that reads for itself."""
    known = [read_indexes(config(folder))]
    other = config(folder, **changes)
    alone = plan_course(other)
    opened: list[str] = []
    monkeypatch.setattr(samples, "open_parquet", opened.append)
    course = plan_course(other, indexes_of(other, known))
    assert opened == []
    assert course.train.sizes == alone.train.sizes
    assert sum(course.train.sizes.values()) == other.batch.size
    assert course.reads(1) == alone.reads(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"network": NETWORK.model_copy(update={"heads": ("expression",)})},
        {"network": NETWORK.model_copy(update={"recurrent": Recurrent()})},
        {"corpora": ("made",)},
        {"validate_on": "test"},
        {"data": ("/elsewhere",)},
    ],
)
def test_runs_on_others_read_for_themselves(folder: Path, changes: dict[str, Any]) -> None:
    known = [read_indexes(config(folder))]
    assert indexes_of(config(folder), known) is known[0]
    assert indexes_of(config(folder, **changes), known) is None


def test_identities_come_with_them(tmp_path: Path) -> None:
    write_people(str(tmp_path), {"train": ("n1", "n2"), "validation": ("n1",)})
    whole = config(tmp_path, network=NETWORK.model_copy(update={"heads": ("identity",)}))
    found = read_indexes(whole)
    assert found.named(whole).network.identities == ("n1", "n2")
    assert indexes_of(whole, [found]) is found
    assert found.test is None
