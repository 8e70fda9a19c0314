"""Stretches of any lengths asked about together say what each says by itself; memory makes two of them one."""

import numpy as np
import pytest
import torch

from affect.models.asking import Answered, Asker, Stretch
from affect.networks.inputs import to_device
from tests.watching.made_watching import NETWORKS, SIDE, asker

RECURRENT = [name for name, spec in NETWORKS.items() if spec.sequential]


def stretch(name: str, frames: int, seed: int) -> Stretch:
    rng = np.random.default_rng(seed)
    forms = {"image": (SIDE, SIDE, 3), "sound": (SIDE, SIDE)}
    inputs = {
        stream: rng.integers(0, 256, (frames, *forms[stream]), dtype=np.uint8) for stream in NETWORKS[name].streams
    }
    if NETWORKS[name].landmarks:
        inputs["landmarks"] = rng.uniform(0, SIDE, (frames, 136)).astype(np.float32)
    return Stretch(inputs)


def part(whole: Stretch, rows: slice, after: Answered | None = None) -> Stretch:
    return Stretch({name: values[rows] for name, values in whole.inputs.items()}, after.memory if after else {})


def directly(ask: Asker, one: Stretch) -> dict[str, np.ndarray]:
    """By the network itself, as one sequence."""
    inputs = {name: torch.from_numpy(values) for name, values in one.inputs.items()}
    with torch.inference_mode():
        computed = ask.network(to_device(inputs, ask.network.spec, ask.device))
        said = ask.network.read(computed) | {"embedding": computed["embedding"]}
    return {name: tensor.numpy() for name, tensor in said.items()}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [2, 5, 64])
def test_together_as_apart(name: str, batch: int) -> None:
    """More stretches than fit, longer ones than fit, and of one frame."""
    ask = asker(NETWORKS[name], batch=batch)
    stretches = [stretch(name, frames, seed) for seed, frames in enumerate((3, 1, 8, 3))]
    for one, answered in zip(stretches, ask(stretches), strict=True):
        expected = directly(ask, one)
        assert answered.outputs.keys() == expected.keys()
        for output, values in expected.items():
            np.testing.assert_allclose(answered.outputs[output], values, atol=1e-5)


@pytest.mark.parametrize("name", RECURRENT)
def test_memory_goes_on(name: str) -> None:
    """Beside others that begin."""
    ask, whole = asker(NETWORKS[name]), stretch(name, 9, 0)
    (first,) = ask([part(whole, slice(0, 4))])
    _, second = ask([stretch(name, 7, 5), part(whole, slice(4, 9), first)])
    both = np.concatenate([first.outputs["expression"], second.outputs["expression"]])
    expected = directly(ask, whole)["expression"]
    np.testing.assert_allclose(both, expected, atol=1e-5)
    (anew,) = ask([part(whole, slice(4, 9))])
    assert not np.allclose(anew.outputs["expression"], expected[4:], atol=1e-5)


def test_nothing_is_asked() -> None:
    assert asker(NETWORKS["CNN-RNN"])([]) == []
