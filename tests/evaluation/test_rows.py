"""The rows that are named, all of them, made as the model sees; in parts that keep workers busy."""

from pathlib import Path
from typing import Any

import pytest

from affect import samples
from affect.errors import AffectError
from affect.evaluation.rows import PARTS_PER_WORKER, ROWS_PER_PART, EvaluationRows, find_rows
from affect.evaluation.settings import EvaluationConfig
from affect.models.files import ModelDescription
from tests.made_models import describe
from tests.made_rows import write_rows


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two folders of the same rows but for the length of their sound."""
    made = [str(tmp_path_factory.mktemp("rows")) for _ in range(2)]
    for folder, columns in zip(made, (32, 16), strict=True):
        write_rows(folder, {"test": 2, "validation": 1}, frames=4, sound_columns=columns)
    return made


def model(folder: str, *streams: str) -> ModelDescription:
    made = describe(size=32, preprocessing=samples.details_of(samples.list_faces(folder)[0])["settings"])
    network = made.network.model_copy(update={"streams": streams or ("image",)})
    return made.model_copy(update={"network": network})


def config(*data: str, **changes: Any) -> EvaluationConfig:
    return EvaluationConfig(model="", data=data, **changes)


def test_every_file_of_the_split(folders: list[str]) -> None:
    found = find_rows(config(folders[0], split="test"), model(folders[0]))
    assert list(found.files) == samples.list_faces(folders[0], split="test")
    assert found.rows == (4, 4)
    assert (found.count, found.corpora, found.synthetic) == (8, ("made",), True)
    everything = find_rows(config(folders[0], split=""), model(folders[0]))
    assert everything.count == 12


def test_what_the_network_does_not_take_need_not_be_alike(folders: list[str]) -> None:
    first, second = folders
    assert find_rows(config(second), model(first)).count == 8
    with pytest.raises(AffectError, match=r"sound\.columns=16.*--set sound\.columns=32"):
        find_rows(config(second), model(first, "image", "sound"))


def test_folders_made_otherwise_are_refused_together(folders: list[str]) -> None:
    with pytest.raises(AffectError, match="different settings"):
        find_rows(config(*folders), model(folders[0]))


@pytest.mark.parametrize(
    ("rows", "workers", "expected"),
    [
        ([10] * 16, 2, [2] * 8),
        ([10] * 3, 8, [1] * 3),
        ([5000, 5000, 3000, 3000, 9000, 1], 1, [1, 1, 2, 1, 1]),
        ([1] * 100_000, 1, [ROWS_PER_PART] * 12 + [100_000 - 12 * ROWS_PER_PART]),
        ([7], 4, [1]),
    ],
)
def test_parts(rows: list[int], workers: int, expected: list[int]) -> None:
    files = tuple(f"f{number:06}" for number in range(len(rows)))
    parts = EvaluationRows(files, tuple(rows), ("made",), synthetic=False, fingerprint="").parts(workers)
    assert [file for part in parts for file in part] == list(files)
    assert [len(part) for part in parts] == expected
    assert len(parts) >= min(len(rows), workers * PARTS_PER_WORKER) or max(rows) > sum(rows) / workers


def test_the_fingerprint_is_of_what_the_rows_hold(tmp_path: Path) -> None:
    """Not of where they lie; one label less is another set."""
    prints = []
    for place, changes in (("a", {}), ("b", {}), ("c", {"seed": 1}), ("d", {"videos": {"test": 3}})):
        write_rows(str(tmp_path / place), **({"videos": {"test": 2}} | changes))
        prints.append(find_rows(config(str(tmp_path / place)), model(str(tmp_path / place))).fingerprint)
    assert prints[0] == prints[1]
    assert len({*prints}) == 3
