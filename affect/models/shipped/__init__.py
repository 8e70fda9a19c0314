"""Models that come with the package: a folder each beside this file, written by jobs.ship.

Each holds model.safetensors in half precision, model.json, model.onnx, whose inputs and outputs are those of
networks.export.Graph, and card.md.
"""

from pathlib import Path

from affect import storage
from affect.errors import AffectError
from affect.models.files import DESCRIPTION, locate_model

FOLDER = Path(__file__).parent

DEFAULT = "faces"
"""The model that is asked where none is named."""

ONNX = "model.onnx"


def shipped_models() -> list[str]:
    """Names of the models that come with this copy of the package, sorted."""
    return sorted(folder.parent.name for folder in FOLDER.glob(f"*/{DESCRIPTION}"))


def find_model(model: str = DEFAULT) -> str:
    """The folder of a model that comes with the package, by its name, or of any other, as ``locate_model`` takes it.

    Raises AffectError where there is none. Nothing else stands in for a model that is not there.
    """
    names = shipped_models()
    if model in names:
        return str(FOLDER / model)
    if model == DEFAULT and not storage.exists(model):
        raise AffectError(
            f"no model named {DEFAULT!r} comes with this copy of the package; name another, as a run of jobs.train or "
            "a model's folder, or make it as docs/own-model.md says"
        )
    try:
        return locate_model(model)
    except AffectError as error:
        raise AffectError(f"{error}; models that come with the package: {', '.join(names) or 'none'}") from error
