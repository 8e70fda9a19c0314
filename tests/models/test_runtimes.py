"""Each runtime says what torch says, of every kind of network, or why it cannot be had."""

import importlib.util
from typing import Any

import numpy as np
import pytest
import torch

from affect.errors import AffectError
from affect.models.asking import Asker
from affect.models.choosing import TOLERANCE, made_faces, rows
from affect.models.runtimes import RUNTIMES, Precision
from affect.networks import build
from tests.made_models import describe
from tests.watching.made_watching import NETWORKS, asker


def difference(reference: Asker, runtime: str, precision: Precision = "float32") -> float:
    """Of the predictions of one long stretch and of one frame, of other numbers of frames than before; and memory."""
    frames = RUNTIMES[runtime].prepare(reference.network, precision)
    asked = Asker(reference.network, reference.description, device=reference.device, frames=frames)
    faces, off = made_faces(reference.description, 5), []
    for stretches in (rows(faces, 1), [faces], rows(faces, 3)):
        for expected, said in zip(reference(stretches), asked(stretches), strict=True):
            assert said.outputs.keys() == expected.outputs.keys()
            assert said.memory.keys() == expected.memory.keys()
            pairs = [(expected.outputs, said.outputs), (expected.memory, said.memory)]
            off += [np.abs(one[name] - other[name]).max() for one, other in pairs for name in one]
    return float(max(off))


@pytest.mark.parametrize("name", ["CNN with landmarks", "audio-visual"])
@pytest.mark.parametrize("runtime", ["eager", "channels-last", "onnxruntime"])
def test_the_answers_are_those_of_torch(name: str, runtime: str) -> None:
    """Streams, landmarks, fusion and memory."""
    assert difference(asker(NETWORKS[name]), runtime) < 1e-4


@pytest.mark.cluster
def test_compiled_answers_are_those_of_torch() -> None:
    description = describe()
    assert difference(Asker(build(description.network), description), "compiled") < 1e-4


@pytest.mark.parametrize("runtime", ["eager", "channels-last"])
def test_half_precision_is_less_precise_and_leaves_the_network_alone(runtime: str) -> None:
    torch.manual_seed(0)
    description = describe()
    reference = Asker(build(description.network), description, device=torch.device("cpu"))
    before = {name: tensor.clone() for name, tensor in reference.network.state_dict().items()}
    assert 1e-6 < difference(reference, runtime, "bfloat16") < TOLERANCE["bfloat16"]
    for name, tensor in reference.network.state_dict().items():
        assert torch.equal(tensor, before[name])


@pytest.mark.parametrize(
    ("runtime", "precision", "change", "reason"),
    [
        ("onnxruntime", "float32", ("importlib.util.find_spec", lambda name: None), r"-e '\.\[onnx,onnxr"),
        ("onnxruntime", "bfloat16", ("importlib.util.find_spec", importlib.util.find_spec), "float32"),
        ("onnxruntime", "float32", ("onnxruntime.get_available_providers", list), "no CPUExecutionProvider"),
        ("compiled", "float32", ("shutil.which", lambda name: None), r"install g\+\+"),
    ],
)
def test_what_cannot_be_had_says_why(
    monkeypatch: pytest.MonkeyPatch, runtime: str, precision: Precision, change: tuple[str, Any], reason: str
) -> None:
    monkeypatch.setattr(*change)
    with pytest.raises(AffectError, match=reason):
        RUNTIMES[runtime].prepare(asker(NETWORKS["CNN"]).network, precision)
