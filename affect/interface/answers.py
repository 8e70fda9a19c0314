"""What the HTTP interface answers: plain dictionaries, described for the OpenAPI page."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from affect.interface.problems import Problem
from affect.models.answer import Face, FrameAnswer


class ModelName(TypedDict):
    """Which model spoke."""

    name: str
    version: str


NotGiven = Annotated[
    list[str],
    Field(description="of expression, valence_arousal and action_units those that the model does not give at all"),
]


class Looked(TypedDict):
    """A picture that was looked at, by which model."""

    model: ModelName
    width: Annotated[int, Field(description="of the upright picture, in pixels")]
    height: int
    faces: list[Face]


class Answer(Looked):
    """Every face of a picture."""

    not_given: NotGiven


class LiveAnswer(FrameAnswer):
    """One frame of a live stream, by the number among those that were answered; its time is the client's own."""

    model: ModelName
    width: int
    height: int


class Failure(TypedDict):
    """Why one of several pictures, or a frame of a live stream, has no answer."""

    problem: Problem


class Answers(TypedDict):
    """One entry for each picture, in the order they were sent."""

    pictures: list[Answer | Failure]


class TrainedOn(TypedDict):
    """One corpus."""

    corpus: str
    synthetic: Annotated[bool, Field(description="true where a program made the faces")]


class RuntimeTiming(TypedDict):
    """How fast one way to compute a model was when it was measured."""

    name: str
    precision: Literal["float32", "bfloat16"]
    milliseconds: Annotated[dict[str, float], Field(description="median, by the number of faces asked about at once")]


class RuntimeLeftOut(TypedDict):
    """A way to compute a model that was not taken into account."""

    name: str
    precision: Literal["float32", "bfloat16"]
    reason: str


class RuntimeTaken(TypedDict):
    """What computes a model, and by what figures it was chosen."""

    name: str
    precision: Literal["float32", "bfloat16"]
    measured: Annotated[list[RuntimeTiming], Field(description="the fastest first; empty where nothing was compared")]
    left_out: list[RuntimeLeftOut]


class ServedModel(ModelName):
    """A model that answers, and what it can say."""

    outputs: list[str]
    not_given: NotGiven
    expressions: list[str]
    compounds: list[str]
    action_units: list[str]
    action_unit_names: Annotated[
        dict[str, str], Field(description="what each is called in the Facial Action Coding System")
    ]
    takes: Annotated[
        list[str], Field(description="image alone: single pictures; lengths too: frames one after the other")
    ]
    trained_on: list[TrainedOn]
    metrics: Annotated[
        dict[str, float | None], Field(description="of its training run, by split/metric; null: undefined")
    ]
    created: str
    runtime: Annotated[RuntimeTaken | None, Field(description="of the replica that told; null: not loaded yet")]


class Models(TypedDict):
    """What can be asked; the first is asked where a request names none."""

    models: list[ServedModel]


class StoredModel(ServedModel):
    """A model that answers, beside the versions that the store has of it."""

    versions: Annotated[list[str], Field(description="of the model store, oldest first")]


class Alive(TypedDict):
    """Given while the interface answers."""

    status: Literal["ok"]


class Ready(Alive):
    """Given while all parts behind the interface answer."""

    models: list[ModelName]
