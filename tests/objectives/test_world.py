"""Losses, batch norm, metrics and centres on two and three real gloo processes equal those of one with the whole batch.

The processes are started once and compute every case; each test compares one.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

HERE = Path(__file__).parent
_specification = importlib.util.spec_from_file_location("workers", HERE / "workers.py")
assert _specification is not None
assert _specification.loader is not None
workers = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(workers)

WHOLE = slice(0, workers.BATCH)
CASES = [(count, index) for count, shares in workers.SHARES.items() for index in [*range(len(shares)), "empty"]]
UNEMPTY = [case for case in CASES if case[1] != "empty"]

Found = Callable[[int, int | str, str], list[Any]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Results of each rank: by number of workers, which shares, and room."""
    folder = tmp_path_factory.mktemp("world")
    path = os.pathsep.join([str(HERE.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    ranks = range(max(workers.SHARES))
    commands = [[sys.executable, str(HERE / "workers.py"), str(folder), str(rank)] for rank in ranks]
    processes = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for command in commands]
    try:
        errors = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert all(process.returncode == 0 for process in processes), "\n".join(errors)
    results = [torch.load(folder / f"rank{rank}.pt", weights_only=False) for rank in ranks]
    return lambda count, index, room: [results[rank][f"{count}/{index}/{room}"] for rank in range(count)]


def joined(ranks: list[torch.Tensor]) -> torch.Tensor:
    """Gradients of the shares as DistributedDataParallel weighs them, put together as the whole batch."""
    return torch.cat(ranks) / len(ranks)


def close(actual: Any, expected: Any) -> None:
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    torch.set_num_threads(1)
    return {name: room(WHOLE) for name, room in workers.ROOMS.items()}


@pytest.mark.parametrize(("count", "index"), CASES)
@pytest.mark.parametrize("objective", [f"{labels}, {name}" for labels in workers.LABELS for name in workers.OBJECTIVES])
def test_losses(found: Found, expected: dict[str, Any], objective: str, count: int, index: int | str) -> None:
    whole = expected["objectives"][objective]
    ranks = [rank[objective] for rank in found(count, index, "objectives")]
    for rank in ranks:
        torch.testing.assert_close(rank["values"], whole["values"], rtol=1e-12, atol=1e-12)
        assert rank["values"] == ranks[0]["values"]
    for name, gradient in whole["gradients"].items():
        torch.testing.assert_close(joined([rank["gradients"][name] for rank in ranks]), gradient, rtol=1e-5, atol=1e-8)


def test_the_cases_have_losses_and_gradients(expected: dict[str, Any]) -> None:
    for labels in workers.LABELS:
        for name, (settings, _) in workers.OBJECTIVES.items():
            case = expected["objectives"][f"{labels}, {name}"]
            found = {output: bool(gradient.any()) for output, gradient in case["gradients"].items()}
            # Predictions are matched without any label.
            matched = settings.distribution_matching is not None
            assert (case["values"]["total"] == 0) == (labels == "none" and not matched)
            assert found == {
                # One sample alone has no covariance, so the CCC loss is then 1 without gradient.
                "valence_arousal": labels in {"all", "some"}
                or (labels == "on the last worker" and settings.valence_arousal == "mse"),
                "expression": matched or labels != "none",
                "action_units": matched or labels != "none",
                "compound": labels != "none",
                "identity": labels != "none",
            }


def test_co_annotation_adds_to_the_cases(expected: dict[str, Any]) -> None:
    plain, coupled = (expected["objectives"][f"all, {name}"]["values"] for name in ("ccc", "coupled"))
    assert plain["compound_loss"] == coupled["compound_loss"]
    assert plain["expression_loss"] != coupled["expression_loss"]


@pytest.mark.parametrize(("count", "index"), CASES)
@pytest.mark.parametrize("over", ["pictures", "vectors"])
def test_batch_norm(found: Found, expected: dict[str, Any], over: str, count: int, index: int | str) -> None:
    whole = expected["batch norms"][over]
    ranks = [rank[over] for rank in found(count, index, "batch norms")]
    close(torch.cat([rank["output"] for rank in ranks]), whole["output"])
    close(joined([rank["gradient"] for rank in ranks]), whole["gradient"])
    for name, gradient in whole["parameters"].items():
        close(sum(rank["parameters"][name] for rank in ranks) / count, gradient)
    for rank in ranks:
        close(rank["statistics"], whole["statistics"])


@pytest.mark.parametrize(("count", "index"), UNEMPTY)
@pytest.mark.parametrize("network", workers.NETWORKS)
def test_training_through_ddp(found: Found, expected: dict[str, Any], network: str, count: int, index: int) -> None:
    whole = expected["training"][network]
    for rank in found(count, index, "training"):
        torch.testing.assert_close(rank[network], whole, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("count", "index"), UNEMPTY)
def test_metrics_and_centres(found: Found, expected: dict[str, Any], count: int, index: int) -> None:
    whole = expected["measurement"]
    ranks = found(count, index, "measurement")
    for rank in ranks:
        assert rank["metrics"] == ranks[0]["metrics"]
        assert rank["metrics"] == pytest.approx(whole["metrics"], rel=1e-5)  # of float32
        close(rank["centres"], whole["centres"])
