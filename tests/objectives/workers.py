"""What each of several gloo processes computes; run as ``python workers.py FOLDER RANK`` by test_world.py.

The same functions, called without a process group on the whole batch, give what the test compares with.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from affect.evaluation.centres import CentreAccumulator
from affect.labels import RAFDB_COMPOUNDS
from affect.metrics import FrameMetrics
from affect.networks import ArcFace, NetworkSpec, build
from affect.networks.batchnorm import SyncBatchNorm
from affect.networks.spec import Head
from affect.objectives import MultiTask, ObjectiveSettings, global_sum
from affect.objectives.settings import CoAnnotation, DistributionMatching, SoftCoAnnotation

BATCH = 12
SHARES = {2: ([5, 7], [1, 11]), 3: ([2, 3, 7], [6, 1, 5])}
EMPTY_SHARES = {2: [0, 12], 3: [5, 0, 7]}
LABELS = ("all", "some", "on the last worker", "none")
AUS = (1, 2, 4, 6, 12, 15, 20, 25)

Results = dict[str, Any]


def targets(labels: str) -> dict[str, Tensor]:
    """Targets of the whole batch with everything, some, only the last sample or nothing annotated."""
    generator = torch.Generator().manual_seed(3)
    masks = torch.rand(4, BATCH, generator=generator) < 0.5
    masks = {"all": masks | True, "some": masks, "none": masks & False}.get(
        labels, torch.arange(4 * BATCH).view(4, -1) % BATCH == BATCH - 1
    )
    va = torch.rand(BATCH, 2, generator=generator) * 2 - 1
    expression = torch.randint(0, 7, (BATCH,), generator=generator)
    units = torch.randint(-1 if labels == "some" else 0, 2, (BATCH, 17), generator=generator)
    units[2:10:3] = 1  # has all of fear and thus gives an expression
    return {
        "valence_arousal": torch.where(masks[0][:, None], va, torch.nan),
        "expression": torch.where(masks[1], expression, -1),
        "action_units": torch.where(masks[2][:, None], units, -1).to(torch.int8),
        "compound": torch.where(masks[3], torch.arange(BATCH) % 11, -1),
        "identity": torch.where(masks[3], torch.arange(BATCH) % 3 - 1, -1),
    }


def outputs(part: slice) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(4)
    widths = {"valence_arousal": 2, "expression": 7, "action_units": len(AUS), "compound": len(RAFDB_COMPOUNDS)}
    widths["identity"] = len(PEOPLE)
    whole = {name: torch.rand(BATCH, width, generator=generator) * 1.8 - 0.9 for name, width in widths.items()}
    return {name: output[part].clone().requires_grad_() for name, output in whole.items()}


PEOPLE = ("one", "another")
HEADS: tuple[Head, ...] = ("valence_arousal", "expression", "action_units", "compound", "identity")
OBJECTIVES = {
    "ccc": (ObjectiveSettings(), None),
    "mse": (ObjectiveSettings(valence_arousal="mse", action_units="mean"), ArcFace(margin=2.5)),
    "coupled": (
        ObjectiveSettings(
            action_units="mean",
            co_annotation=CoAnnotation(),
            soft_co_annotation=SoftCoAnnotation(),
            distribution_matching=DistributionMatching(),
        ),
        None,
    ),
    "coupled otherwise": (
        ObjectiveSettings(
            co_annotation=CoAnnotation(negatives=True, weight=0.25),
            soft_co_annotation=SoftCoAnnotation(weighted=False, neutral=True),
            distribution_matching=DistributionMatching(form="bernoulli", weighted=True, normalisation="example"),
        ),
        ArcFace(scale=8, margin=0.5),
    ),
}


def objectives(part: slice) -> Results:
    """Value and gradient of every loss, for every pattern of labels."""
    results: Results = {}
    for labels in LABELS:
        for name, (settings, arcface) in OBJECTIVES.items():
            spec = NetworkSpec(
                encoder="vgg-face",
                heads=HEADS,
                action_units=AUS,
                compounds=RAFDB_COMPOUNDS,
                identities=PEOPLE,
                arcface=arcface,
            )
            given = outputs(part)
            total, parts = MultiTask(settings, spec)(
                given, {key: target[part] for key, target in targets(labels).items()}
            )
            total.backward()
            results[f"{labels}, {name}"] = {
                "values": {"total": total.detach(), **parts},
                "gradients": {key: output.grad for key, output in given.items()},
            }
    return results


def batch_norms(part: slice) -> Results:
    """Outputs, gradients and running statistics of batch norm over pictures and over vectors."""
    results: Results = {}
    for name, shape in {"pictures": (BATCH, 3, 4, 5), "vectors": (BATCH, 3)}.items():
        torch.manual_seed(5)
        features = (torch.randn(shape) * 3 + 2)[part].clone().requires_grad_()
        direction = torch.randn(shape)[part]
        norm = SyncBatchNorm(3)
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
        for _ in range(2):
            normal = norm(features)
        global_sum((normal * direction).sum().double()).backward()
        results[name] = {
            "output": normal.detach(),
            "gradient": features.grad,
            "parameters": {"weight": norm.weight.grad, "bias": norm.bias.grad},
            "statistics": {name: buffer.clone() for name, buffer in norm.named_buffers()},
        }
    return results


VGG = NetworkSpec(encoder="vgg-face", input_size=32, width=0.0625, fully_connected=(256,), dropout=0, action_units=AUS)
ARC_RES = NetworkSpec(
    encoder="arc-res", input_size=32, width=0.0625, embedding=8, dropout=0, action_units=AUS,
    arcface=ArcFace(margin=1.0), sync_batchnorm=True,
)  # fmt: skip
NETWORKS = {
    "MT-VGG": (VGG, ObjectiveSettings()),
    "MT-VGG, mean squared error and means": (VGG, OBJECTIVES["mse"][0]),
    "MT-VGG, coupled": (VGG, OBJECTIVES["coupled"][0]),
    "MT-ArcRes": (ARC_RES, ObjectiveSettings()),
    "compound": (
        VGG.model_copy(update={"heads": ("compound",), "compounds": RAFDB_COMPOUNDS}),
        ObjectiveSettings(),
    ),
}
"""Each loss at least once."""


def training(part: slice) -> Results:
    """Parameters, gradients and statistics after two steps of SGD; through DDP where there are workers."""
    results: Results = {}
    for name, (spec, settings) in NETWORKS.items():
        torch.manual_seed(6)
        network = build(spec).double()
        images = torch.rand(BATCH, 3, 32, 32, dtype=torch.float64)[part] * 2 - 1
        model: nn.Module = DistributedDataParallel(network) if dist.is_initialized() else network
        objective = MultiTask(settings, spec)
        optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
        for labels in ("some", "on the last worker"):
            total, _ = objective(
                model({"image": images}), {key: target[part] for key, target in targets(labels).items()}
            )
            optimiser.zero_grad()
            total.backward()
            optimiser.step()
        results[name] = {
            "total": total.detach(),
            "gradients": {key: parameter.grad for key, parameter in network.named_parameters()},
            "state": network.state_dict(),
        }
    return results


def measurement(part: slice) -> Results:
    """Metrics and cluster centres, joined from all workers' states in order."""
    spec = ARC_RES
    torch.manual_seed(7)
    network = build(spec).eval()
    given = {name: target[part] for name, target in targets("some").items()}
    with torch.inference_mode():
        made = network({"image": torch.rand(BATCH, 3, 32, 32)[part] * 2 - 1})
    metrics, centres = FrameMetrics(spec), CentreAccumulator(network)
    metrics.update(network.read(made), given)
    centres.update(made["embedding"], given["expression"])
    joined_metrics, joined_centres = FrameMetrics(spec), CentreAccumulator(network)
    states: list[Any] = [(metrics.state(), centres.state())]
    if dist.is_initialized():
        states *= dist.get_world_size()
        dist.all_gather_object(states, (metrics.state(), centres.state()))
    for of_metrics, of_centres in states:
        joined_metrics.merge(of_metrics)
        joined_centres.merge(of_centres)
    return {"metrics": joined_metrics.compute(), "centres": torch.from_numpy(joined_centres.centres())}


ROOMS: dict[str, Callable[[slice], Results]] = {
    "objectives": objectives,
    "batch norms": batch_norms,
    "training": training,
    "measurement": measurement,
}


def part_of(shares: list[int], rank: int) -> slice:
    ends = np.cumsum([0, *shares])
    return slice(int(ends[rank]), int(ends[rank + 1]))


def main(folder: str, rank: int) -> None:
    torch.set_num_threads(1)
    results: Results = {}
    for workers, all_shares in SHARES.items():
        if rank >= workers:
            continue
        dist.init_process_group("gloo", init_method=f"file://{folder}/store{workers}", world_size=workers, rank=rank)
        for index, shares in enumerate(all_shares):
            for name, room in ROOMS.items():
                results[f"{workers}/{index}/{name}"] = room(part_of(shares, rank))
        for name in ("objectives", "batch norms"):
            results[f"{workers}/empty/{name}"] = ROOMS[name](part_of(EMPTY_SHARES[workers], rank))
        dist.destroy_process_group()
    torch.save(results, f"{folder}/rank{rank}.pt")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
