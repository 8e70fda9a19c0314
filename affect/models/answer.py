"""What is said about a picture: plain dictionaries, the same in Python and in the HTTP answer.

What the model was not trained for is absent.
"""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

Pixels = Annotated[float, Field(description="in pixels of the upright picture")]
Probability = Annotated[float, Field(ge=0, le=1)]
Bipolar = Annotated[float, Field(ge=-1, le=1)]


class Prediction(TypedDict, total=False):
    """What the network says about one face."""

    expression: Annotated[dict[str, Probability], Field(description="probability of each expression; they sum to 1")]
    valence: Annotated[Bipolar, Field(description="-1 unpleasant to 1 pleasant")]
    arousal: Annotated[Bipolar, Field(description="-1 calm to 1 excited")]
    action_units: Annotated[dict[str, Probability], Field(description="probability of each action unit, as AU12")]
    active_action_units: Annotated[
        list[str], Field(description="those whose probability reaches the model's threshold, 0.5 where it has none")
    ]
    compound: Annotated[dict[str, Probability], Field(description="probability of each compound expression")]


class FoundFace(TypedDict):
    """Where a face is."""

    track_id: Annotated[int, Field(ge=0, description="number of the face within the picture")]
    box: Annotated[list[Pixels], Field(min_length=4, max_length=4, description="x, y, width, height")]
    score: Annotated[Probability, Field(description="the detector's certainty that this is a face")]
    landmarks: Annotated[
        list[list[Pixels]],
        Field(min_length=5, max_length=5, description="x, y of eyes, nose and mouth corners, picture-left first"),
    ]


class Face(FoundFace, Prediction):
    """One face of a picture."""
