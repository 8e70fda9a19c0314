"""Two processes together, each with its share of the batch, end where one with the whole batch ends."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training import spread_workers as workers

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("together")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.spread_workers", str(folder), str(rank)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in (0, 1)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=240)
        assert process.returncode == 0, output[-4000:]
    results: dict[str, Any] = torch.load(folder / "together.pt")
    return results


def tensors(state: dict[str, Any]) -> dict[str, Any]:
    return {"loss": state["loss"], "network": state["network"], "optimiser": state["optimiser"]["state"]}


@pytest.mark.parametrize("name", workers.CASES)
def test_two_together_equal_one_alone(together: dict[str, Any], name: str) -> None:
    """Parameters, statistics and the optimiser's state; and the second half begins from the first half's state."""
    alone = workers.training(name, workers.ALONE, 0, 1)
    assert set(alone["network"]) == set(together[name]["first"]["network"])
    torch.testing.assert_close(tensors(together[name]["first"]), tensors(alone), rtol=1e-7, atol=1e-9)
    # What two processes kept is a state that one goes on from, and the other way round.
    onward = workers.training(name, workers.ALONE, 0, 1, together[name]["first"])
    torch.testing.assert_close(tensors(together[name]["second"]), tensors(onward), rtol=1e-7, atol=1e-9)


def test_a_detector_learns_the_same_on_two_as_on_one(together: dict[str, Any]) -> None:
    """Two pictures on one worker, three on the other: parts of the loss, parameters, statistics, optimiser."""
    alone = workers.detector_training(0, 1)
    found = together["detector"]
    for part in ("train_loss", "train_scores", "train_boxes", "train_landmarks"):
        assert found["history"][0][part] == pytest.approx(alone["history"][0][part], rel=1e-7)
        assert alone["history"][0][part] > 0
    torch.testing.assert_close(found["network"], alone["network"], rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(found["optimiser"]["state"], alone["optimiser"]["state"], rtol=1e-6, atol=1e-8)
