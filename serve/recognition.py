"""What stands behind the interface: the work itself, of which the interface knows no more than this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from affect.faces.detector import Detector
from affect.interface.answers import Answer, ModelName, RuntimeTaken, StoredModel
from affect.models.asking import Asks
from serve.problems import ProblemError


@dataclass(frozen=True)
class Eyes:
    """What watches a stream: both parts block until they have answered, so they are called on threads alone."""

    model: ModelName
    detector: Detector
    asker: Asks


class Recognition(Protocol):
    """Models by name that look at pictures."""

    def models(self) -> Sequence[StoredModel]:
        """The models that answer, at least one; the first is asked where a request names none. Costs nothing."""

    async def runtimes(self) -> Mapping[str, RuntimeTaken]:
        """What computes the models, by name; without those of which it is not known."""

    async def recognise(self, body: bytes, model: str, embedding: bool) -> Answer:
        """The faces of the picture that ``body`` is, encoded, by one of the models.

        Raises what ``serve.body.decode_body`` does.
        """

    def eyes(self, model: str) -> Eyes:
        """What watches a stream by one of the models. Called in the event loop, costs nothing."""

    def card(self, model: str) -> str:
        """The card of one of the models, in Markdown."""

    async def ready(self) -> list[ModelName]:
        """The models behind which all parts answer. Raises whatever keeps them from it."""


def chosen(recognition: Recognition, name: str | None) -> StoredModel:
    """The model that a request asks, by its name or the first one. Raises model_unknown."""
    served = recognition.models()
    if name is None:
        return served[0]
    for model in served:
        if model["name"] == name:
            return model
    names = ", ".join(model["name"] for model in served)
    raise ProblemError("model_unknown", f"no model {name[:64]!r} is served; these are: {names}")
