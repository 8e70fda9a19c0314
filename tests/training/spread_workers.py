"""Training steps on a share of a batch, run by one process alone and by two together; see test_parallel.py."""

import copy
import sys
from typing import Any

import torch
import torch.distributed as dist

from affect.detection.learning import DetectorLearner, Trained, begin_detector
from affect.detection.reading import DetectionPlan, read_step
from affect.detection.settings import DetectorConfig
from affect.faces.ssh.spec import SSHSpec
from affect.labels import ACTION_UNITS
from affect.networks import build
from affect.networks.spec import ArcFace, NetworkSpec, Recurrent
from affect.objectives import MultiTask
from affect.objectives.settings import ObjectiveSettings
from affect.training import parallel
from affect.training.optimisers import build_optimiser
from affect.training.settings import Compute, OptimiserSettings
from affect.training.stepping import Stepper
from tests.detection.made_squares import Squares

UNITS = (1, 2, 4)
FRAMES = NetworkSpec(
    encoder="arc-res", input_size=32, width=0.0625, embedding=8, dropout=0, action_units=UNITS,
    arcface=ArcFace(margin=1.0), sync_batchnorm=True,
)  # fmt: skip
VGG = NetworkSpec(
    encoder="vgg-face", input_size=32, width=0.0625, fully_connected=(8192, 4096), dropout=0, action_units=UNITS
)
SEQUENCES = NetworkSpec(
    encoder="vgg-face", input_size=32, width=0.0625, fully_connected=(64,), dropout=0, recurrent=Recurrent(units=128),
    action_units=UNITS,
)  # fmt: skip
ADAM, SGD = OptimiserSettings(learning_rate=1e-3), OptimiserSettings(name="sgd", learning_rate=0.01, clip_norm=0.5)

CASES: dict[str, tuple[NetworkSpec, OptimiserSettings, Compute]] = {
    "replicated": (FRAMES, ADAM, Compute()),
    "replicated, in parts": (VGG, SGD, Compute(parts=3)),
    "sequences in parts": (SEQUENCES, SGD, Compute(parts=2)),
    "sharded": (FRAMES, ADAM, Compute(parallel="shard")),
    "sharded, large layers": (VGG, SGD, Compute(parallel="shard")),
    "sharded, in parts": (VGG, SGD, Compute(parallel="shard", parts=3)),
}
ALONE = Compute()
"""What one process alone does in every case: the whole batch at once."""

LENGTHS = torch.tensor([5, 3, 6, 2, 4, 4])
ROWS = int(LENGTHS.sum())


def batch(spec: NetworkSpec, rank: int, world: int) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """One worker's share of 24 rows, or of the 6 sequences that they make up, some of them without labels."""
    generator = torch.Generator().manual_seed(3)
    valence_arousal = torch.rand(ROWS, 2, generator=generator) * 2 - 1
    valence_arousal[::5] = torch.nan
    units = torch.randint(-1, 2, (ROWS, len(ACTION_UNITS)), generator=generator)
    targets = {
        "valence_arousal": valence_arousal,
        "expression": torch.randint(-1, 7, (ROWS,), generator=generator),
        "action_units": units,
    }
    images = torch.rand(ROWS, 3, 32, 32, generator=generator, dtype=torch.float64) * 2 - 1
    first, last = (len(LENGTHS) * place // world for place in (rank, rank + 1))
    begin, end = (int(LENGTHS[:place].sum()) for place in (first, last))
    inputs = {"image": images[begin:end]}
    if spec.sequential:
        inputs["lengths"] = LENGTHS[first:last]
    return inputs, {name: target[begin:end] for name, target in targets.items()}


def training(name: str, compute: Compute, rank: int, world: int, state: dict[str, Any] | None = None) -> dict[str, Any]:
    """Network and optimiser after three steps, beginning from ``state`` where it is given; whole on rank 0."""
    spec, settings, _ = CASES[name]
    torch.manual_seed(6)
    network = build(spec).double()
    if compute.parallel == "replicate":
        network = network.to(memory_format=torch.channels_last)  # as in training; fully_shard takes none of it
    model = parallel.spread(network, compute.parallel)
    optimiser = build_optimiser(settings, model.parameters())
    objective = MultiTask(ObjectiveSettings(), spec)
    stepper = Stepper(compute, settings, network, model, objective, optimiser)
    if state is not None:
        state = copy.deepcopy(state)  # an optimiser goes on in the tensors it is given
        parallel.set_network_state(network, state["network"])
        parallel.set_optimiser_state(network, optimiser, state["optimiser"])
    for step in range(3):
        loss, _, wrong = stepper(*batch(spec, rank, world), seed=step)
        assert wrong is None
    return {
        "loss": loss,
        "network": parallel.network_state(network),
        "optimiser": parallel.optimiser_state(network, optimiser),
    }


def detector_training(rank: int, world: int) -> dict[str, Any]:
    """A narrow SSH after two steps of five pictures, shared out as the workers of a run share them."""
    spec = SSHSpec(width=0.03, sync_batchnorm=True)
    recipe = DetectorConfig(recipe="test", network=spec, side=64, batch=5, optimiser=ADAM)
    sets = [Squares()]
    plan = DetectionPlan((10,), (True,), recipe.batch, recipe.seed)
    network = begin_detector(recipe).double()
    model = parallel.spread(Trained(network), "replicate")
    learner = DetectorLearner(recipe, network, model, [], plan.steps_per_epoch, lambda _metrics, _ended: None)
    learner.run(read_step(recipe, plan, sets, (0, step), (rank, world)) for step in range(2))
    return learner.state()


def main(folder: str, rank: int) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", world_size=2, rank=rank)
    results = {}
    for name, (_, _, compute) in CASES.items():
        first = training(name, compute, rank, 2)
        results[name] = {"first": first, "second": training(name, compute, rank, 2, first)}
    results["detector"] = detector_training(rank, 2)
    if rank == 0:
        torch.save(results, f"{folder}/together.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
