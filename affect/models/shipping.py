"""A trained model made into what is shipped: weights in half precision, a graph for other programs, a card."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from affect import storage
from affect.errors import AffectError
from affect.models.card import model_card
from affect.models.files import DESCRIPTION, WEIGHTS, digest_of, load_model, locate_model, save_model
from affect.models.shipped import ONNX
from affect.models.store import CARD
from affect.networks.export import Graph, export_onnx

MOST_BYTES = 20 * 2**20
"""Of the weights and the graph together: a package is downloaded by many who want something else of it."""

CLOSE = 1e-3
"""The graph's outputs are within so much of the network's."""

EXAMPLES = 64


def ship(
    model: str, folder: str, name: str, evaluation: Mapping[str, Any] | None = None, about: str = ""
) -> dict[str, float]:
    """Write the model that ``model`` leads to into ``folder``; bytes of its files, and what half precision changed.

    ``evaluation`` is metrics.json of an evaluation of the shipped model or of the one it is made from, ``about``
    Markdown that ends the card. Its settings are told without the places of files, which are those of the machine that
    trained it. Raises AffectError where the model was trained on synthetic faces, where its files are too large, where
    the graph does not answer as the network does, and where the evaluation is of another model.
    """
    source = locate_model(model)
    network, description = load_model(source)
    if description.synthetic or not description.data:
        data = "synthetic faces" if description.synthetic else "no data that it names"
        raise AffectError(f"{model} was trained on {data}; what is shipped answers about faces of real people")
    halves = {
        tensor_name: tensor.half() if tensor.is_floating_point() else tensor
        for tensor_name, tensor in network.state_dict().items()
    }
    with tempfile.TemporaryDirectory() as made:
        told = {"settings": without_places(description.settings), "about": about.strip()}
        save_model(made, halves, description.model_copy(update=told))
        _check_size(Path(made))
        if evaluation is not None and evaluation["model"]["sha256"] not in {digest_of(made), digest_of(source)}:
            raise AffectError(f"the evaluation is not of {model}; evaluate that, or what was shipped of it")
        shipped, description = load_model(made)
        export_onnx(shipped, Path(made) / ONNX)
        torch.manual_seed(0)
        examples = Graph(shipped).examples(EXAMPLES)
        answers = [_answers(one, examples) for one in (network, shipped)]
        off = _largest(answers[1], _of_graph(Path(made) / ONNX, shipped, examples))
        if off > CLOSE:
            raise AffectError(f"the ONNX graph is {off:.2g} off the network; ship another form of the network")
        sizes = _check_size(Path(made))
        storage.write_text(storage.join(folder, CARD), model_card(name, "", description, evaluation))
        for file in (WEIGHTS, ONNX, DESCRIPTION):  # with the last of them the model is there
            storage.write_bytes(storage.join(folder, file), (Path(made) / file).read_bytes())
    return sizes | {"changed_by_half_precision": _largest(*answers), "onnx_off": off}


def without_places(settings: Any) -> Any:
    """Settings in which of every absolute path and URI only its last part is left."""
    if isinstance(settings, Mapping):
        return {key: without_places(value) for key, value in settings.items()}
    if isinstance(settings, (list, tuple)):
        return [without_places(value) for value in settings]
    if isinstance(settings, str) and (settings.startswith("/") or "://" in settings):
        return settings.rstrip("/").rpartition("/")[2]
    return settings


def _check_size(made: Path) -> dict[str, float]:
    """Bytes of the weights and of the graph as far as they are there; AffectError where they are too many."""
    sizes = {file: float((made / file).stat().st_size) for file in (WEIGHTS, ONNX) if (made / file).exists()}
    if sum(sizes.values()) > MOST_BYTES:
        told = ", ".join(f"{file} {size / 2**20:.1f} MiB" for file, size in sizes.items())
        raise AffectError(f"{told}: more than {MOST_BYTES / 2**20:.0f} MiB together; train a narrower network")
    return sizes


def _answers(network: torch.nn.Module, examples: tuple[torch.Tensor, ...]) -> list[np.ndarray[Any, Any]]:
    with torch.inference_mode():
        return [output.numpy() for output in Graph(network)(*examples)]  # type: ignore[arg-type]


def _of_graph(path: Path, network: torch.nn.Module, examples: tuple[torch.Tensor, ...]) -> list[np.ndarray[Any, Any]]:
    try:
        import onnxruntime  # noqa: PLC0415  # of the extra "onnxruntime"
    except ImportError as error:
        raise AffectError("to check the graph, onnxruntime is needed: pip install -e '.[onnxruntime]'") from error
    session = onnxruntime.InferenceSession(path)
    names = Graph(network).inputs  # type: ignore[arg-type]
    answered: list[np.ndarray[Any, Any]] = session.run(
        None, {name: example.numpy() for name, example in zip(names, examples, strict=True)}
    )
    return answered


def _largest(ones: list[np.ndarray[Any, Any]], others: list[np.ndarray[Any, Any]]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(ones, others, strict=True))
