"""What computes a network fastest here: each runtime against torch as it is, about one face and about many.

Frame networks with random weights, the same pictures, the same threads for all, medians of alternating rounds; with one
thread on a CPU of processor time. What preparing takes, in processor time too, and how far the answers are from torch's
in float32, stands beside it.
"""

import json
import os
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from affect.catalogue import network as catalogued
from affect.errors import AffectError
from affect.models.asking import Asker
from affect.models.choosing import ROUNDS, TOLERANCE, made_faces, measure, rows
from affect.models.files import ModelDescription
from affect.models.runtimes import RUNTIMES
from affect.networks import build
from affect.networks.spec import NetworkSpec
from affect.preprocessing.settings import AlignmentSettings, Preprocessing


def described(spec: NetworkSpec) -> ModelDescription:
    return ModelDescription(
        network=spec,
        preprocessing=Preprocessing(alignment=AlignmentSettings(size=spec.input_size)),
        recipe="benchmark",
        settings={},
        data=(),
        metrics={},
    )


def main(
    network: Annotated[list[str] | None, typer.Argument(help="names of frame networks")] = None,
    width: float = 0.25,
    batch: int = 16,
    seconds: Annotated[float, typer.Option(help="for measuring each network; preparing comes on top")] = 10,
    threads: int = 1,
    runtime: Annotated[list[str] | None, typer.Option(help="those to measure; all by default")] = None,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Measure each runtime of a network against torch as it is, about one face and about many."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    print(f"torch threads {threads}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, width {width:g}; ", end="")
    print(f"medians of at most {ROUNDS} rounds")
    results = []
    for name in network or ["bmvc2019/mt-arcres", "bmvc2019/mt-vgg"]:
        spec = catalogued(name).spec.model_copy(update={"width": width})
        description = described(spec)
        reference = Asker(build(spec), description)
        faces = made_faces(description, batch)
        (expected,) = reference([faces])
        ready = []
        for way in runtime or RUNTIMES:
            for precision in TOLERANCE:
                began = time.process_time()
                try:
                    frames = RUNTIMES[way].prepare(reference.network, precision)
                except AffectError as error:
                    print(f"{name}: without {way} in {precision}: {error}")
                    continue
                asker = Asker(reference.network, description, device=reference.device, frames=frames)
                asker(rows(faces, 1))
                (said,) = asker([faces])
                off = max(
                    float(np.abs(said.outputs[output] - values).max())
                    for output, values in expected.outputs.items()
                    if output != "embedding"
                )
                prepared_s = time.process_time() - began
                ready.append((asker, {"network": name, "runtime": way, "precision": precision,
                                      "prepared_s": prepared_s, "difference": off}))  # fmt: skip
        medians = measure([asker for asker, _ in ready], [rows(faces, 1), rows(faces, batch)], seconds)
        for (_, result), took in zip(ready, medians, strict=True):
            result |= {"milliseconds_per_face": {str(count): ms / count for count, ms in took.items()}}
            each = ", ".join(f"{ms / count:.2f} ({medians[0][count] / ms:.2f})" for count, ms in took.items())
            print(f"{name}, {result['runtime']} in {result['precision']}: ms a face, one and {batch} at once: {each} "
                  f"times as fast; prepared in {result['prepared_s']:.1f} s; "
                  f"off by at most {result['difference']:.1g}", flush=True)  # fmt: skip
            results.append(result)
    if json_file:
        json_file.write_text(json.dumps({"results": results, "load": os.getloadavg()[0]}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
