"""The recurrent parts against torch's own LSTM: forward and backward of two layers of 128 on sequences of features.

One thread on both sides, the same sequences. Each part is timed in turn with the LSTM, and the median of the rounds'
ratios is its figure.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer

from affect.networks.recurrent import CELLS, build_recurrent
from affect.networks.spec import Recurrent

WANTED = {None: 3.0, "gates": 6.0, "features": None}
"""How many times slower a part may be, by the width of its attention's input layer."""


def timed(step: Callable[[], torch.Tensor], module: torch.nn.Module) -> float:
    module.zero_grad()
    began = time.perf_counter()
    step().sum().backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - began


def main(
    batch: int = 4,
    frames: int = 80,
    features: int = 4096,
    rounds: int = 15,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Measure the recurrent parts against torch's own LSTM, forward and backward."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs = torch.randn(frames, batch, features)
    baseline = torch.nn.LSTM(features, 128, 2)
    print(f"batch {batch}, {frames} frames, {features} features, two layers of 128, forward and backward; ", end="")
    print(f"torch threads 1 on both sides, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    results = {}
    for cell in CELLS:
        for attention, wanted in WANTED.items():
            changes = {} if attention is None else {"attention": 32, "attention_input": attention}
            settings = Recurrent(cell=cell, **changes)
            part = build_recurrent(settings, features, 128)
            state = torch.zeros(batch, part.state_size)
            ratios, milliseconds = [], []
            for _ in range(rounds + 1):  # the first warms up
                plain = timed(lambda: baseline(inputs)[0], baseline)
                ours = timed(lambda part=part, state=state: part(inputs, state)[0], part)
                ratios.append(ours / plain)
                milliseconds.append((ours * 1e3, plain * 1e3))
            ratio = statistics.median(ratios[1:])
            ours, plain = (statistics.median(column) for column in zip(*milliseconds[1:], strict=True))
            name = cell if attention is None else f"{cell}, attention 32, its input as wide as the {attention}"
            limit = f"wanted: at most {wanted:.0f}" if wanted else "no limit set"
            print(f"{name}: {ours:.0f} ms against {plain:.0f} ms, ratio {ratio:.2f} ({limit})", flush=True)
            results[name] = {"ratio": ratio, "milliseconds": ours, "lstm_milliseconds": plain}
    if json_file:
        json_file.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    typer.run(main)
