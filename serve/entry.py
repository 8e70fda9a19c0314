"""What the interface knows of a model that is served."""

from dataclasses import dataclass

from affect.interface.answers import StoredModel
from affect.models.files import ModelDescription
from affect.preprocessing.settings import DetectorSettings


@dataclass(frozen=True)
class Entry:
    """One version of one name."""

    model: StoredModel
    description: ModelDescription
    card: str

    @property
    def detector(self) -> DetectorSettings:
        return self.description.preprocessing.detector

    @property
    def id(self) -> str:
        """Names it among all models of the store."""
        return model_id(self.model["name"], self.model["version"])


def model_id(name: str, version: str) -> str:
    return f"{name}@{version}"
