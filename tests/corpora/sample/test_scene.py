import numpy as np
import pytest

from affect.corpora.sample.animation import animate
from affect.corpora.sample.astronaut import astronaut_portrait
from affect.corpora.sample.identity import draw_identity
from affect.corpora.sample.layout import EYES, Portrait
from affect.corpora.sample.plan import ClipPlan, plan
from affect.corpora.sample.portrait import draw_portrait
from affect.corpora.sample.scene import pictures
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.sample.warping import BOTTOM, LEFT, RIGHT, TOP, MovingFace
from affect.faces import load_detector
from affect.labels import ACTION_UNITS
from affect.preprocessing.settings import DetectorSettings

CLIPS = plan(SampleSettings())


def some(condition: str) -> ClipPlan:
    """One clip of the default corpus for each thing that could hide a face."""
    wanted = {
        "astronaut": lambda clip: clip.people[0].number < 0,
        "pair": lambda clip: len(clip.people) == 2,
        "surprise": lambda clip: clip.people[0].number >= 0 and "surprise" in clip.people[0].episodes,
        "fear": lambda clip: clip.people[0].number >= 0 and "fear" in clip.people[0].episodes,
        "absent": lambda clip: clip.absent is not None,
    }[condition]
    return next(clip for clip in CLIPS if wanted(clip))


@pytest.fixture(scope="module", params=["generated", "astronaut"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    return astronaut_portrait() if request.param == "astronaut" else draw_portrait(draw_identity(0, 3), (-0.3, -0.3))


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_every_action_unit_is_seen(portrait: Portrait, unit: int) -> None:
    face = MovingFace(portrait)
    units = np.zeros(len(ACTION_UNITS), np.float32)
    relaxed = face.picture(units).astype(float)
    units[ACTION_UNITS.index(unit)] = 1
    change = np.abs(face.picture(units).astype(float) - relaxed).max(axis=2)
    assert (change > 25).sum() > 40
    outside = np.ones(change.shape, bool)
    outside[TOP:BOTTOM, LEFT:RIGHT] = False
    assert not change[outside].any()


def test_a_blink_covers_the_eyes(portrait: Portrait) -> None:
    face = MovingFace(portrait)
    open_eyes, closed = (face.picture(np.zeros(17, np.float32), blink=blink).astype(float) for blink in (0, 1))
    for x, y in EYES:
        window = np.s_[int(y) - 3 : int(y) + 3, int(x) - 5 : int(x) + 5]
        assert np.abs(open_eyes[window] - closed[window]).mean() > 10


@pytest.mark.parametrize("condition", ["astronaut", "pair", "surprise", "fear", "absent"])
def test_the_detector_finds_the_faces_and_only_them(condition: str) -> None:
    clip = some(condition)
    detect = load_detector(DetectorSettings())
    motion = animate(clip)
    step = 12
    wanted = np.stack([person.visible for person in motion.values()]).sum(axis=0)[::step]
    found = np.array([len(detect(frame).scores) for index, frame in enumerate(pictures(clip)) if index % step == 0])
    assert (found == wanted).all(), (found, wanted)


@pytest.mark.parametrize("index", [0, 7])
def test_equal_plans_give_equal_pictures(index: int) -> None:
    settings = SampleSettings(people=4, clips=8, seconds=0.2, width=96, height=72)
    first, again = (list(pictures(plan(settings)[index])) for _ in range(2))
    assert len(first) == settings.frames
    assert first[0].shape == (72, 96, 3)
    np.testing.assert_array_equal(first, again)
    other = list(pictures(plan(settings.model_copy(update={"seed": 1}))[index]))
    assert np.abs(np.stack(first).astype(int) - np.stack(other)).mean() > 3


def test_invented_people_differ() -> None:
    faces = np.stack(
        [draw_portrait(draw_identity(0, number), (0.0, -0.3)).picture[90:220, 100:220] for number in range(8)]
    )
    differences = [np.abs(a.astype(int) - b).mean() for i, a in enumerate(faces) for b in faces[:i]]
    assert min(differences) > 5
