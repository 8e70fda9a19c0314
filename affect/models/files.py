"""The two files of a model: model.safetensors (weights) and model.json (all that is needed to use them)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import pydantic
import safetensors.torch
import torch
from pydantic import Field
from safetensors import SafetensorError

import affect
from affect import storage
from affect.configuration import Configuration
from affect.errors import AffectError
from affect.networks import Network, build
from affect.networks.spec import NetworkSpec
from affect.preprocessing.settings import Preprocessing
from affect.runs import DONE

SCHEMA_VERSION = 2
"""2: the weights of a network are named by stream, as in streams.image.encoder."""
WEIGHTS = "model.safetensors"
DESCRIPTION = "model.json"
WINNER = "winner.json"
"""In a sweep's folder: which model won."""


class TrainingData(Configuration):
    """One corpus a model was trained on; ``fingerprint`` names the settings its rows were made with."""

    corpus: str
    fingerprint: str
    synthetic: bool


class Thresholds(Configuration):
    """Probabilities from which action units count as active, found on validation rows."""

    action_units: dict[str, float]
    """By name, as AU12."""
    criterion: Literal["f1"]
    """What is highest at them."""
    found_on: str
    """Corpora, split and fingerprint of the rows."""


def code_version() -> str:
    """The version of this code, with the commit where it runs from a git checkout: ``0.1.0+8b3238d``."""
    git = Path(affect.__file__).parents[1] / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return f"{affect.__version__}+{head[:7]}"
        return f"{affect.__version__}+{(git / head.removeprefix('ref: ')).read_text()[:7]}"
    except OSError:  # installed, or the branch is packed: the version alone is still true
        return affect.__version__


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class ModelDescription(Configuration):
    """model.json: how to build, feed and read the network, and where it comes from."""

    model_config = pydantic.ConfigDict(ser_json_inf_nan="strings")  # plain JSON has no NaN

    schema_version: int = SCHEMA_VERSION
    network: NetworkSpec
    preprocessing: Preprocessing
    recipe: str
    settings: dict[str, Any]
    data: tuple[TrainingData, ...]
    metrics: dict[str, float]
    """By ``split/metric``, as in validation/valence_ccc."""
    thresholds: Thresholds | None = None
    """None: those of metrics.tasks."""
    about: str = ""
    """Markdown that ends its card, whoever writes that: licence of the weights, uses, known faults."""
    code_version: str = Field(default_factory=code_version)
    created: str = Field(default_factory=_now)
    weights_sha256: str | None = None
    """Filled in by ``save_model``."""

    @pydantic.model_validator(mode="after")
    def _crops_fit(self) -> Self:
        if self.network.input_size != self.preprocessing.alignment.size:
            raise ValueError(
                f"the network takes {self.network.input_size} pixels, preprocessing makes crops of "
                f"{self.preprocessing.alignment.size}"
            )
        return self

    @property
    def synthetic(self) -> bool:
        """Whether any of the training data was made by a program."""
        return any(used.synthetic for used in self.data)

    @property
    def own_thresholds(self) -> dict[str, float]:
        """Of action units by name, as AU12, those that are not metrics.tasks'."""
        return self.thresholds.action_units if self.thresholds else {}

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


def save_model(folder: str, tensors: Mapping[str, torch.Tensor], description: ModelDescription) -> None:
    """Write model.safetensors, then model.json; a folder with model.json is whole.

    ``tensors`` are the network's state, on any device.
    """
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    weights = safetensors.torch.save(whole)
    described = description.model_copy(update={"weights_sha256": hashlib.sha256(weights).hexdigest()})
    storage.write_bytes(storage.join(folder, WEIGHTS), weights)
    storage.write_text(storage.join(folder, DESCRIPTION), described.to_json())


def load_description(folder: str) -> ModelDescription:
    """Read and check model.json. Raises AffectError naming the file and what is wrong with it."""
    uri = storage.join(folder, DESCRIPTION)
    try:
        data = json.loads(storage.read_text(uri))
    except ValueError as error:
        raise AffectError(f"{uri} is not JSON ({error}); save the model again") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise AffectError(
            f"{uri} has schema version {version!r}, this code ({code_version()}) reads {SCHEMA_VERSION}; "
            "use the code that wrote it, or train and promote the model again"
        )
    try:
        return ModelDescription.parse(data)
    except AffectError as error:
        raise AffectError(f"{uri}: {error}") from error


def load_model(folder: str) -> tuple[Network, ModelDescription]:
    """The network in eval mode on the CPU, and its description.

    Raises AffectError where a file is missing, cut short or not what model.json describes; lists the tensors at fault.
    """
    description = load_description(folder)
    uri = storage.join(folder, WEIGHTS)
    data = storage.read_bytes(uri)
    try:
        tensors = safetensors.torch.load(data)
    except SafetensorError as error:
        raise AffectError(f"{uri} is not a whole safetensors file ({error}); save or copy it again") from error
    network = build(description.network)
    faults = _differences(network.state_dict(), tensors)
    if not faults and hashlib.sha256(data).hexdigest() != description.weights_sha256:
        faults = [f"its SHA-256 is not the {description.weights_sha256} of {DESCRIPTION}"]
    if faults:
        raise AffectError(f"{uri} does not belong to the {DESCRIPTION} beside it:\n  " + "\n  ".join(faults))
    network.load_state_dict(tensors)
    return network.eval(), description


def digest_of(folder: str) -> str:
    """SHA-256 of a model's model.json, which holds that of its weights: the same model has the same anywhere."""
    return hashlib.sha256(storage.read_bytes(storage.join(folder, DESCRIPTION))).hexdigest()


def locate_model(uri: str) -> str:
    """The folder of the model that ``uri`` leads to.

    Itself, a train run's model, of a chain of runs that of its last stage, the current version of a name in a model
    store, or the winner of a tune run.
    """
    for folder in (uri, storage.join(uri, "model")):
        if storage.exists(storage.join(folder, DESCRIPTION)):
            return storage.absolute(folder)
    current = storage.join(uri, "current.json")
    if storage.exists(current):
        return storage.absolute(storage.join(uri, json.loads(storage.read_text(current))["version"]))
    for name, mend in (
        (WINNER, "let the sweep finish with at least one trial that ended well"),
        (DONE, "give a run that trains a model"),
    ):
        told = storage.join(uri, name)
        if storage.exists(told):
            model = json.loads(storage.read_text(told)).get("model")
            if isinstance(model, str):
                return storage.absolute(model)
            raise AffectError(f"{told} names no model; {mend}")
    raise AffectError(f"no model in {uri}: no {DESCRIPTION}, model/{DESCRIPTION} or {WINNER}; give a finished run")


def _differences(expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor]) -> list[str]:
    faults = [f"missing: {name} {list(expected[name].shape)}" for name in sorted(expected.keys() - found.keys())]
    faults += [f"surplus: {name} {list(found[name].shape)}" for name in sorted(found.keys() - expected.keys())]
    for name in sorted(expected.keys() & found.keys()):
        if expected[name].shape != found[name].shape:
            faults.append(f"{name} has shape {list(found[name].shape)}, the network needs {list(expected[name].shape)}")
        elif not found[name].isfinite().all():
            faults.append(f"{name} holds values that are not finite")
    return faults
