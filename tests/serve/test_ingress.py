"""Between the interface and the other parts: replicas that die, full queues, clients that leave, promotions."""

import asyncio
import copy
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
import skimage.data
from ray.exceptions import ActorDiedError, RayActorError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RayServeException

from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.media.pictures import decode_picture, encode_jpeg
from affect.preprocessing.settings import AlignmentSettings, DetectorSettings
from serve.authentication import Tokens
from serve.catalogue import stored_model
from serve.detector import Cut, Settled
from serve.entry import Entry
from serve.ingress import CROWD, TRIES, Ingress
from serve.problems import ProblemError
from serve.settings import Access, Limits, Sources
from tests.made_models import describe

PICTURE = b"an encoded picture"
FOUND = Cut(Detections.none(), np.zeros((0, 3, 3, 3), np.uint8), width=4, height=3)


class Response:
    """What a handle gives at once: awaited it returns, raises, or never ends."""

    def __init__(self, result: Any) -> None:
        self.result, self.cancelled = result, False

    def cancel(self) -> None:
        self.cancelled = True

    def __await__(self) -> Generator[Any, None, Any]:
        if self.result is ...:
            yield from asyncio.Event().wait().__await__()
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Handle:
    """A deployment that gives these results in turn, the last one for ever."""

    def __init__(self, *results: Any) -> None:
        self.results = list(results)
        self.calls: list[tuple[Any, ...]] = []
        self.given: list[Response] = []
        self.asked: list[str] = []
        self.crowded = False

    def options(self, multiplexed_model_id: str | None = None, _by_reference: bool = False) -> "Handle":
        if multiplexed_model_id is not None:
            self.asked.append(multiplexed_model_id)
        return self

    def remote(self, *arguments: Any, crowded: bool = False) -> Response:
        self.calls.append(arguments)
        self.crowded |= crowded
        self.given.append(Response(self.results.pop(0) if len(self.results) > 1 else self.results[0]))
        return self.given[-1]

    @property
    def cut(self) -> "Handle":
        return self

    @property
    def alive(self) -> "Handle":
        return self

    @property
    def newest(self) -> "Handle":
        return self

    @property
    def runtimes(self) -> "Handle":
        return self


def entry(version: str) -> Entry:
    description = describe(heads=("valence_arousal", "action_units"))
    return Entry(stored_model("made", version, description, [version]), description, f"# made {version}")


def ingress(model: Handle, detector: Handle | Settled, follow_s: float | None = None) -> Ingress:
    return Ingress(
        detector, model, (entry("0001"),), ("made",), follow_s,  # type: ignore[arg-type]
        Limits(), Access(), Sources(), Tokens(()),
    )  # fmt: skip


def dead() -> RayActorError:
    return ActorDiedError()


def test_the_detector_is_the_models_own_and_the_model_sees_no_more_than_faces() -> None:
    model, detector = Handle([]), Handle(FOUND)
    answer = asyncio.run(ingress(model, detector).recognise(PICTURE, "made", embedding=True))
    named = {"name": "made", "version": "0001"}
    assert answer == {"model": named, "not_given": ["expression"], "width": 4, "height": 3, "faces": []}
    assert model.asked == ["made@0001"]
    assert detector.calls[0] == (PICTURE, DetectorSettings(), AlignmentSettings())
    assert model.calls == [(FOUND.found, FOUND.crops, True)]
    assert not model.crowded


def test_a_body_that_the_detector_cannot_decode_is_refused_by_its_code() -> None:
    fault = copy.copy(ProblemError("picture_broken", "the picture is broken"))  # as pickle makes it again
    with pytest.raises(ProblemError, match="the picture is broken") as error:
        asyncio.run(ingress(Handle([]), Handle(fault)).recognise(PICTURE, "made", embedding=False))
    assert (error.value.code, error.value.status_code) == ("picture_broken", 422)


def test_without_replicas_of_the_detector_the_interface_finds_faces_itself() -> None:
    model, settings = Handle([]), DetectorSettings()
    astronaut = skimage.data.astronaut()
    body = encode_jpeg(astronaut)

    async def ask() -> None:
        itself = ingress(model, Settled(settings, threads=1))
        assert await itself.ready() == [{"name": "made", "version": "0001"}]
        answer = await itself.recognise(body, "made", embedding=False)
        assert (answer["width"], answer["height"]) == (512, 512)
        eyes = itself.eyes("made")
        seen = await asyncio.gather(*(asyncio.to_thread(eyes.detector, astronaut) for _ in range(40)))
        assert {len(found.boxes) for found in seen} == {1}  # those who wait do not keep its thread from it
        with pytest.raises(ProblemError, match="no JPEG"):
            await itself.recognise(b"no picture", "made", embedding=False)

    asyncio.run(ask())
    found, crops, *_ = model.calls[1]
    assert crops.shape == (1, 96, 96, 3)
    np.testing.assert_allclose(found.boxes, load_detector(settings)(decode_picture(body)).boxes)


def test_among_many_pictures_faces_wait_for_those_of_others() -> None:
    model, detector = Handle([]), Handle(FOUND)
    interface = ingress(model, detector)

    async def many() -> None:
        await asyncio.gather(*(interface.recognise(PICTURE, "made", embedding=False) for _ in range(CROWD + 1)))

    asyncio.run(many())
    assert model.crowded


def test_a_request_whose_replica_died_is_sent_again_but_not_for_ever() -> None:
    model, detector = Handle(dead(), []), Handle(dead(), FOUND)
    answer = asyncio.run(ingress(model, detector).recognise(PICTURE, "made", embedding=False))
    assert answer["faces"] == []
    assert (len(detector.calls), len(model.calls)) == (3, 2)
    lost = Handle(dead())
    with pytest.raises(RayActorError):
        asyncio.run(ingress(lost, detector).recognise(PICTURE, "made", embedding=False))
    assert len(lost.calls) == TRIES
    other = Handle(RayServeException("another fault"))
    with pytest.raises(RayServeException, match="another fault"):
        asyncio.run(ingress(other, detector).recognise(PICTURE, "made", embedding=False))
    assert len(other.calls) == 1


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: BackPressureError(num_queued_requests=1, max_queued_requests=1), "overloaded"),
        (lambda: DeploymentUnavailableError(None), "not_ready"),
    ],
)
def test_what_serve_cannot_take_is_told_by_code(make: Callable[[], Exception], code: str) -> None:
    with pytest.raises(ProblemError) as error:
        asyncio.run(ingress(Handle(make()), Handle(FOUND)).recognise(PICTURE, "made", embedding=False))
    assert error.value.code == code
    assert error.value.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(("model", "detector"), [(Handle(...), Handle(FOUND)), (Handle([]), Handle(...))])
def test_a_request_that_nobody_waits_for_is_cancelled_in_the_part_where_it_is(model: Handle, detector: Handle) -> None:
    async def leave() -> None:
        async with asyncio.timeout(0.05):
            await ingress(model, detector).recognise(PICTURE, "made", embedding=False)

    with pytest.raises(TimeoutError):
        asyncio.run(leave())
    waiting = [response for response in (*model.given, *detector.given) if response.result is ...]
    assert [response.cancelled for response in waiting] == [True]


def test_a_promoted_version_is_gone_over_to_and_a_broken_one_is_not() -> None:
    model = Handle(AffectError("no current.json"), None, entry("0002"), None)

    async def follow() -> list[str]:
        served = ingress(model, Handle(FOUND), follow_s=0.01)
        seen: list[str] = []
        while len(model.calls) < 4:
            seen.append(served.models()[0]["version"])
            await asyncio.sleep(0.005)
        served.following.cancel()
        assert served.card("made") == "# made 0002"
        return [*seen, served.models()[0]["version"]]

    seen = asyncio.run(asyncio.wait_for(follow(), 10))
    assert (seen[0], seen[-1]) == ("0001", "0002")
    assert model.calls[0] == ("made", "made@0001")
    assert model.calls[3] == ("made", "made@0002")


def test_it_is_ready_only_while_both_parts_answer() -> None:
    assert asyncio.run(ingress(Handle(None), Handle(None)).ready()) == [{"name": "made", "version": "0001"}]
    with pytest.raises(RayActorError):
        asyncio.run(ingress(Handle(dead()), Handle(None)).ready())


def test_what_computes_a_model_is_asked_until_it_is_known() -> None:
    model = Handle(dead(), {"other@0001": "its"}, {"made@0001": "its own"})

    async def ask() -> None:
        served = ingress(model, Handle(FOUND))
        assert [await served.runtimes() for _ in range(4)] == [{}, {}, {"made": "its own"}, {"made": "its own"}]

    asyncio.run(ask())
    assert len(model.calls) == 3
