"""Event files, as TensorBoard itself reads them."""

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from affect import storage
from affect.following.company import Company
from affect.following.tensorboard import TensorBoard
from tests.following.made_runs import followed, measured, tell


def read(folder: str, tmp_path: Path) -> EventAccumulator:
    """What lies in ``folder``, copied to a local place first."""
    place = tmp_path / "read"
    place.mkdir()
    for file in storage.list_files(storage.join(folder, "tensorboard")):
        (place / file.rsplit("/", 1)[-1]).write_bytes(storage.read_bytes(file))
    accumulator = EventAccumulator(str(place), size_guidance={"scalars": 0, "images": 0})
    return accumulator.Reload()


def scalars(accumulator: EventAccumulator, name: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in accumulator.Scalars(name)]


@pytest.mark.parametrize("where", ["local", "s3"])
def test_a_run_that_goes_on_shows_each_step_once(where: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Killed after step 7, gone on from a checkpoint after step 5."""
    out = str(tmp_path / "run") if where == "local" else request.getfixturevalue("s3") + "/tensorboard"
    company = Company([TensorBoard(followed(out))], every=1)
    tell([company], last=7)
    company.close()
    company = Company([TensorBoard(followed(out))], every=1)
    tell([company], first=6, last=8, loss=0.0)
    company.close()
    found = read(out, tmp_path)
    assert scalars(found, "train/loss") == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 0), (7, 0), (8, 0)]
    ccc = pytest.approx(measured().compute()["valence_ccc"])
    assert scalars(found, "validation/valence_ccc") == [(4, ccc), (8, ccc)]
    assert scalars(found, "epoch/score") == [(4, pytest.approx(0.25)), (8, pytest.approx(0.35))]
    assert [event.step for event in found.Images("validation/confusion")] == [4, 8]
    assert b"recipe: made" in found.Tensors("config/text_summary")[0].tensor_proto.string_val[0]


def test_the_last_passes_taken_again_forget_nothing(tmp_path: Path) -> None:
    company = Company([TensorBoard(followed(str(tmp_path / "run")))], every=1)
    tell([company])
    company.close()
    again = Company([TensorBoard(followed(str(tmp_path / "run")))], every=1)
    again.measured("test", 2, measured(), None)
    again.close()
    found = read(str(tmp_path / "run"), tmp_path)
    assert [step for step, _ in scalars(found, "train/loss")] == list(range(1, 9))
    assert [step for step, _ in scalars(found, "test/valence_ccc")] == [8]
