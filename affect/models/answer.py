"""What is said about a picture, a video or a sound: plain dictionaries, the same in Python and in the HTTP answer.

What the model was not trained for is absent, and so is what was not asked for.
"""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

Pixels = Annotated[float, Field(description="in pixels of the upright picture")]
Probability = Annotated[float, Field(ge=0, le=1)]
Bipolar = Annotated[float, Field(ge=-1, le=1)]
Seconds = Annotated[float, Field(description="from the first frame on, by the file's own time stamps")]


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
    embedding: Annotated[list[float], Field(description="what all of the above is read from; only where asked for")]
    derived_compound: Annotated[
        dict[str, float],
        Field(
            description="scores, not probabilities, of compound expressions that are derived from action units, "
            "expressions and valence, without training for them; only where asked for"
        ),
    ]


class FoundFace(TypedDict):
    """Where a face is."""

    track_id: Annotated[
        int, Field(ge=0, description="number of the face within the picture; of a video the same while it is followed")
    ]
    box: Annotated[list[Pixels], Field(min_length=4, max_length=4, description="x, y, width, height")]
    score: Annotated[Probability, Field(description="the detector's certainty that this is a face")]
    landmarks: Annotated[
        list[list[Pixels]],
        Field(min_length=5, max_length=5, description="x, y of eyes, nose and mouth corners, picture-left first"),
    ]
    landmarks68: NotRequired[
        Annotated[
            list[list[Pixels]],
            Field(
                min_length=68,
                max_length=68,
                description="x, y in iBUG's order; where the model takes them or they were asked for",
            ),
        ]
    ]


class Face(FoundFace, Prediction):
    """One face of a picture."""


class FrameAnswer(TypedDict):
    """One frame of a video, or one moment of a sound."""

    frame: Annotated[int, Field(ge=0, description="number of the decoded frame, from 0 on")]
    time_s: Seconds
    faces: list[Face]
    sound: NotRequired[Annotated[Prediction, Field(description="what a model that takes sound alone says")]]
    set_aside: NotRequired[Annotated[str, Field(description="why the faces of this frame could not be asked about")]]


class Spread(TypedDict):
    """How values lie over the frames of a video."""

    mean: float
    minimum: float
    q05: Annotated[float, Field(description="a twentieth of the values are below")]
    q25: float
    median: float
    q75: float
    q95: float
    maximum: float


class Whole(TypedDict, total=False):
    """What many frames say together."""

    valence: Spread
    arousal: Spread
    expression: Annotated[str, Field(description="the one with the largest mean probability")]
    expression_shares: Annotated[
        dict[str, Probability], Field(description="share of frames in which each expression is the most probable")
    ]
    action_units: Annotated[dict[str, Probability], Field(description="mean probability of each action unit")]
    compound: Annotated[str, Field(description="the compound expression with the largest mean probability")]
    compound_shares: dict[str, Probability]


class TrackSummary(Whole):
    """One face over the frames in which it was followed."""

    track_id: int
    frames: Annotated[int, Field(description="in which the face was seen")]
    first_s: Seconds
    last_s: Seconds


class SetAside(TypedDict):
    """Frames whose faces could not be asked about, for one reason."""

    reason: str
    frames: int
    first_s: Seconds


class VideoSummary(TypedDict):
    """A whole video, or as much of it as could be read."""

    frames: int
    frames_with_faces: int
    faces: Annotated[int, Field(description="of all frames together")]
    duration_s: Annotated[float, Field(description="of what was read")]
    whole: Annotated[Whole, Field(description="of all faces, or of the sound where the model takes sound alone")]
    tracks: list[TrackSummary]
    set_aside: list[SetAside]
    broken: Annotated[
        str | None, Field(description="why the rest of the file was not read; null: it was read to the end")
    ]
