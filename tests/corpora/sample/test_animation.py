import numpy as np
import pytest

from affect.corpora.sample.animation import animate
from affect.corpora.sample.plan import plan
from affect.corpora.sample.rules import expressions, present
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.splits import SPLITS
from affect.labels import AFF_WILD2_ACTION_UNITS, EXPRESSIONS

CLIPS = plan(SampleSettings())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("split", SPLITS)
def test_all_expressions_and_action_units_occur_in_every_split(split: str, seed: int) -> None:
    labels = {name: np.zeros(0) for name in ("EXPR_Set", "AU_Set")}
    labels["AU_Set"] = np.zeros((0, len(AFF_WILD2_ACTION_UNITS)))
    for clip in plan(SampleSettings(seed=seed)):
        if clip.split == split:
            for motion in animate(clip).values():
                for name, rule in (("EXPR_Set", expressions), ("AU_Set", present)):
                    if name in clip.sets:
                        labels[name] = np.concatenate([labels[name], rule(motion.units[motion.visible])])
    counts = [int((labels["EXPR_Set"] == index).sum()) for index in range(len(EXPRESSIONS))]
    assert min(counts) >= 30, counts
    shares = labels["AU_Set"].mean(axis=0)
    assert shares.min() >= 0.02, shares


def test_curves_are_smooth_and_in_range() -> None:
    for clip in CLIPS:
        for motion in animate(clip).values():
            assert motion.units.min() >= 0
            assert motion.units.max() <= 1
            assert np.abs(np.diff(motion.units, axis=0)).max() < 0.25
            assert np.abs(np.diff(motion.shift, axis=0)).max() < 3
            assert len(motion.visible) == len(motion.units) == clip.settings.frames


def test_absence_is_marked() -> None:
    for clip in CLIPS:
        hidden = [int((~motion.visible).sum()) for motion in animate(clip).values()]
        assert all((count > 0) == (clip.absent is not None) for count in hidden)
        assert max(hidden) < clip.settings.frames / 3


@pytest.mark.parametrize("seconds", [0.03, 0.2, 9.0])
def test_any_length_can_be_made(seconds: float) -> None:
    settings = SampleSettings(seconds=seconds, clips=3, people=3)
    for clip in plan(settings):
        for motion in animate(clip).values():
            assert motion.units.shape == (settings.frames, 17)
            assert np.isfinite(motion.units).all()
