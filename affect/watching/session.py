"""One stream of frames watched: whom it follows, what is remembered of them, and the answer for each frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.evaluation.compound import compound_scores
from affect.faces.alignment import in_crop
from affect.faces.detector import Detector
from affect.faces.landmarks68 import Landmarks68
from affect.faces.tracking import MAX_GAP_S
from affect.media.pictures import through_jpeg
from affect.media.sound import Hearing
from affect.media.video import TooLargeError
from affect.models.answer import Face, FoundFace, FrameAnswer
from affect.models.asking import Answered, Asks, Stretch
from affect.models.files import ModelDescription
from affect.models.predictor import DERIVED, describe, found_face
from affect.networks.spec import NetworkSpec
from affect.preprocessing.looking import Looker, Points, Watch
from affect.training.settings import BatchSettings
from affect.watching.memory import Memories, Planned, Row
from affect.watching.settings import LIVE, WatchSettings

SOUND = "sound"
"""Who is remembered where a network takes sound alone."""

Said = tuple[Mapping[str, NDArray[np.floating]], int]
"""Outputs of the network, and which row of them."""


@dataclass(frozen=True)
class PreparedFace:
    """A face of a frame: where it is, and what the network is shown of it besides sound."""

    found: FoundFace
    inputs: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class PreparedFrame:
    """A frame without its picture: a few ten thousand bytes a face."""

    frame: int
    time_s: float
    faces: tuple[PreparedFace, ...] = ()
    sound: NDArray[np.uint8] | None = None
    """The picture of the sound, where the network takes it and it has been heard."""
    set_aside: str | None = None


class Session:
    """Watches one stream with the eyes that ``description`` has in its preprocessing.

    ``prepare`` each frame, ask the network about the ``stretches`` of some prepared frames, and ``describe`` them by
    what it answered, before the next are asked about. The network may be elsewhere, and asked about the stretches of
    many sessions at once: all that is remembered travels with them. ``answer`` does all three for one frame. One thread
    may hear and prepare while another asks and describes.

    Raises AffectError where the model or the detector lacks what ``settings`` ask for.
    """

    def __init__(
        self,
        description: ModelDescription,
        detector: Detector | None,
        settings: WatchSettings = LIVE,
        points: Points | None = None,
        max_pixels: int | None = None,
        *,
        in_order: bool = True,
    ) -> None:
        """``detector`` may be None for a network that takes sound alone; ``points`` finds 68 landmarks where needed.

        Without ``in_order`` times are taken as they are, as those of a file.
        """
        self.description = description
        self.network = description.network
        self.preprocessing = description.preprocessing
        self.settings = settings
        self.max_pixels = max_pixels
        self.in_order = in_order
        self.looks = "image" in self.network.streams
        self.listens = "sound" in self.network.streams
        if self.looks and detector is None:
            raise AffectError("the model looks at faces; give the session a detector")
        self.detector = detector
        self.points = points
        if self.looks and points is None and (self.network.landmarks or settings.landmarks68):
            self.points = Landmarks68()
        if settings.derived_compound:
            _derived(self.network, {name: np.zeros((1, size)) for name, size in _sizes(self.network).items()})
        trained = BatchSettings.of_model(description.settings)
        self._length = None if settings.carry else settings.length or trained.length
        self._max_gap = trained.max_gap if settings.max_gap is None else settings.max_gap
        causal = description.preprocessing.sound.causal if settings.causal is None else settings.causal
        self._sound = description.preprocessing.sound.model_copy(update={"causal": causal})
        self._closed = False
        self.reset()

    def reset(self) -> None:
        """Forget all that was seen and heard: another stream begins, at any time."""
        self._require_open()
        self.frames = 0
        """Frames so far."""
        self._last_s: float | None = None
        self._origin_s: float | None = None
        self._hearing = Hearing(self._sound)
        self._watch: Watch | None = None
        if self.looks:
            assert self.detector is not None
            self._watch = Watch(Looker(self.preprocessing, self.detector, self.points))
        self._memories = Memories(self._length, self._max_gap, sequential=self.network.sequential)
        self._asked: tuple[list[Row], list[Planned]] = [], []

    def close(self) -> None:
        """Let go of all that is held; nothing can be asked any more."""
        if not self._closed:
            self.reset()
        self._closed = True

    def answer(self, picture: NDArray[np.uint8], time_s: float, asker: Asks) -> FrameAnswer:
        """The answer for the next frame, upright RGB (height, width, 3), at ``time_s``.

        Raises AffectError, and the session stays as it was, where it does not come after the frame before or has no
        such form, and TooLargeError where it has too many pixels.
        """
        frame = self.prepare(picture, time_s)
        (answer,) = self.describe([frame], asker(self.stretches([frame])))
        return answer

    def hear(self, samples: NDArray[np.float32], time_s: float | None = None) -> None:
        """Sound, which goes before the frames of its time: mono, in [-1, 1], at the rate that the model hears.

        The first sample is at ``time_s`` on the frames' clock; None: where the sound before ended, at first at 0. Gaps
        become silence, what overlaps is dropped.
        """
        self._require_open()
        rate = self._sound.rate
        if samples.ndim != 1 or samples.dtype != np.float32:
            raise AffectError(f"sound must be mono float32 (n,), not {samples.dtype} {samples.shape}")
        if self._origin_s is None:
            self._origin_s = time_s or 0.0
        if time_s is not None:
            position = round((time_s - self._origin_s) * rate) - self._hearing.heard
            window = self._sound.columns * self._sound.hop + self._sound.window
            if position > window:  # all that was heard has gone by, and silence is not kept
                self._origin_s, self._hearing = time_s, Hearing(self._sound)
            else:
                self._hearing.hear(np.zeros(max(0, position), np.float32))
                samples = samples[max(0, -position) :]
        self._hearing.hear(samples)

    def end_of_sound(self) -> None:
        """No more sound comes."""
        self._hearing.end()

    @property
    def heard(self) -> bool:
        """Whether there was any sound."""
        return self._hearing.heard > 0

    def prepare(
        self, picture: NDArray[np.uint8] | None, time_s: float, *, wait_for_sound: bool = False
    ) -> PreparedFrame:
        """Find, follow and cut out the faces of the next frame, as preprocess does. Raises as ``answer`` does.

        A network that takes sound is shown what was heard so far, with silence in place of the rest; with
        ``wait_for_sound`` it is left to ``with_sound``. One that takes sound alone needs no picture.
        """
        self._require_open()
        if not np.isfinite(time_s):
            raise AffectError(f"the frame's time is {time_s}; give it in seconds")
        if self.in_order and self._last_s is not None and time_s <= self._last_s:
            raise AffectError(
                f"a frame at {time_s:g} s came after the one at {self._last_s:g} s; send frames in order, or reset"
            )
        if self.looks:
            self._check(picture)
        if self.listens and not wait_for_sound and not self.heard:
            raise AffectError("the model takes sound too; let the session hear it before the frames of its time")
        frame = self._seen(picture, time_s)
        self.frames, self._last_s = self.frames + 1, time_s
        if self._origin_s is None:
            self._origin_s = time_s
        return frame if not self.listens or wait_for_sound else self._heard(frame)

    def with_sound(self, frame: PreparedFrame) -> PreparedFrame | None:
        """A prepared frame with its sound; None while not all of it was heard."""
        if not self.listens:
            return frame
        return self._heard(frame) if self._hearing.reaches(self._since_origin(frame)) else None

    def stretches(self, frames: Sequence[PreparedFrame]) -> list[Stretch]:
        """What the network is to be asked about ``frames``, which follow those asked about before."""
        self._require_open()
        rows = [row for frame in frames for row in self._rows(frame)]
        planned = self._memories.plan(rows)
        self._asked = rows, planned
        return [one.stretch for one in planned]

    def describe(self, frames: Sequence[PreparedFrame], answered: Sequence[Answered]) -> list[FrameAnswer]:
        """The answers for the ``frames`` of the last call of ``stretches``, by what Asker said to it."""
        self._require_open()
        rows, planned = self._asked
        if len(answered) != len(planned):
            raise AffectError(f"{len(answered)} answers to {len(planned)} stretches; describe what was asked last")
        place: dict[int, Said] = {}
        for one, answer in zip(planned, answered, strict=True):
            outputs: dict[str, NDArray[np.floating]] = dict(answer.outputs)
            if self.settings.derived_compound:
                outputs["derived_compound"] = _derived(self.network, outputs)
            place |= {number: (outputs, row) for row, number in enumerate(one.rows)}
        self._memories.keep(rows, planned, answered)
        if frames:
            self._memories.forget(frames[-1].time_s - 2 * MAX_GAP_S)  # no track goes on after one
        self._asked = [], []
        coming = iter(range(len(rows)))
        return [self._described(frame, [place[next(coming)] for _ in self._rows(frame)]) for frame in frames]

    def _described(self, frame: PreparedFrame, said: Sequence[Said]) -> FrameAnswer:
        embedding = self.settings.embedding
        predictions = [describe(self.description, outputs, row, embedding=embedding) for outputs, row in said]
        answer: FrameAnswer = {"frame": frame.frame, "time_s": round(frame.time_s, 6), "faces": []}
        if self.looks:
            faces: list[Face] = [
                {**face.found, **prediction} for face, prediction in zip(frame.faces, predictions, strict=True)
            ]
            answer["faces"] = faces
        else:
            (answer["sound"],) = predictions
        if frame.set_aside is not None:
            answer["set_aside"] = frame.set_aside
        return answer

    def _rows(self, frame: PreparedFrame) -> list[Row]:
        heard = {} if frame.sound is None else {"sound": frame.sound}
        if not self.looks:
            return [Row(SOUND, frame.frame, frame.time_s, heard)]
        return [Row(face.found["track_id"], frame.frame, frame.time_s, face.inputs | heard) for face in frame.faces]

    def _seen(self, picture: NDArray[np.uint8] | None, time_s: float) -> PreparedFrame:
        if self._watch is None:
            return PreparedFrame(self.frames, time_s)
        assert picture is not None
        try:
            seen = self._watch(self.frames, time_s, picture)
        except AffectError as error:
            return PreparedFrame(self.frames, time_s, set_aside=str(error))
        faces = []
        for one, track in seen:
            assert one.score is not None
            assert one.landmarks5 is not None
            inputs: dict[str, NDArray[Any]] = {"image": through_jpeg(one.crop, self.preprocessing.jpeg_quality)}
            if self.network.landmarks:
                assert one.landmarks68 is not None
                points = in_crop(one.landmarks68, one.landmarks5, self.preprocessing.alignment)
                inputs["landmarks"] = points.reshape(-1).astype(np.float32)
            found = found_face(track, one.box, one.score, one.landmarks5, one.landmarks68)
            faces.append(PreparedFace(found, inputs))
        return PreparedFrame(self.frames, time_s, tuple(faces))

    def _heard(self, frame: PreparedFrame) -> PreparedFrame:
        return replace(frame, sound=self._hearing.picture(self._since_origin(frame)))

    def _since_origin(self, frame: PreparedFrame) -> float:
        return frame.time_s - (self._origin_s or 0.0)

    def _check(self, picture: NDArray[np.uint8] | None) -> None:
        if picture is None or picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            form = "nothing" if picture is None else f"{picture.dtype} {picture.shape}"
            raise AffectError(f"a frame must be a picture uint8 (height, width, 3), not {form}")
        pixels = picture.shape[0] * picture.shape[1]
        if not pixels:
            raise AffectError("a frame has no pixels")
        if self.max_pixels is not None and pixels > self.max_pixels:
            raise TooLargeError(f"a frame has {pixels} pixels, {self.max_pixels} are allowed; send smaller ones")

    def _require_open(self) -> None:
        if self._closed:
            raise AffectError("the session is closed; open another")


def _sizes(network: NetworkSpec) -> dict[str, int]:
    sizes = {"valence_arousal": 2, "expression": 7, "action_units": len(network.action_units)}
    return {name: size for name, size in sizes.items() if name in network.heads}


def _derived(network: NetworkSpec, outputs: Any) -> NDArray[np.float64]:
    return compound_scores(outputs, DERIVED, network.action_units)
