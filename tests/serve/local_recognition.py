"""The interface before real parts in one process, without Ray: narrow random models of every kind and a detector."""

from collections.abc import Sequence

from affect.faces.detector import Detector
from affect.interface.answers import Answer, ModelName, RuntimeTaken, StoredModel
from affect.models.asking import Asker
from affect.models.outputs import not_given
from affect.models.predictor import Predictor, Recogniser
from serve.body import decode_body
from serve.catalogue import stored_model
from serve.recognition import Eyes
from serve.settings import Limits


class LocalRecognition:
    """Asks ``askers`` by name, the first one where none is given."""

    def __init__(self, askers: dict[str, Asker], detector: Detector) -> None:
        self.askers = askers
        self.detector = detector

    def models(self) -> Sequence[StoredModel]:
        return [stored_model(name, "0001", asker.description, ["0001"]) for name, asker in self.askers.items()]

    async def runtimes(self) -> dict[str, RuntimeTaken]:
        return {}

    def card(self, model: str) -> str:
        return f"# {model}\n"

    async def ready(self) -> list[ModelName]:
        return [self.name(model) for model in self.askers]

    async def recognise(self, body: bytes, model: str, embedding: bool) -> Answer:
        picture = decode_body(body, Limits())
        asker = self.askers[model]
        faces = Recogniser(self.detector, Predictor(asker.network, asker.description))(picture)
        height, width = picture.shape[:2]
        lacking = [*not_given(asker.description.network)]
        return {"model": self.name(model), "not_given": lacking, "width": width, "height": height, "faces": faces}

    def eyes(self, model: str) -> Eyes:
        return Eyes(self.name(model), self.detector, self.askers[model])

    def name(self, model: str) -> ModelName:
        return {"name": model, "version": "0001"}
