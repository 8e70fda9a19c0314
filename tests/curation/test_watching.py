"""The first look finds cuts at their very frame and looks for faces no more often than it must."""

from pathlib import Path

import numpy as np
import pytest

from affect.curation.settings import CurationSettings
from affect.curation.watching import watch
from affect.errors import AffectError
from tests.curation.made_recordings import BLUE, GREY, PALE, RED, Squares, scene
from tests.made_media import make_video

SETTINGS = CurationSettings()
BLACK, FOREST = (0, 0, 0), (90, 160, 90)


def moving(count: int, colour: tuple[int, int, int], ground: tuple[int, int, int], step: int = 2) -> list[np.ndarray]:
    return [scene((colour, 20 + index * step % 160), ground=ground) for index in range(count)]


def test_cuts_at_known_frames(tmp_path: Path) -> None:
    pictures = moving(23, RED, GREY) + moving(31, BLUE, PALE) + [scene(ground=BLACK)] + moving(20, RED, FOREST, 9)
    path = make_video(tmp_path / "cuts.mp4", [*pictures, *moving(3, BLUE, PALE)])
    squares = Squares()
    watched = watch(path, SETTINGS, squares)
    assert list(watched.cuts) == [23, 54, 55, 75]  # also around one black frame, and close to the end
    assert (watched.begin, watched.end, watched.size) == (0, 78, (256, 144))
    assert watched.times[-1] == pytest.approx(78 / 30)
    assert squares.looks == len(watched.looks) <= 78 / 5 + 4 + 1
    for cut in watched.cuts[:3]:
        assert any(cut <= look.frame <= cut + 5 for look in watched.looks)


def test_motion_and_light_are_no_cuts(tmp_path: Path) -> None:
    lights = [tuple(60 + index * 3 for _ in range(3)) for index in range(40)]
    pictures = [scene((RED, index * 23 % 180), ground=light) for index, light in enumerate(lights)]
    assert list(watch(make_video(tmp_path / "motion.mp4", pictures), SETTINGS, Squares()).cuts) == []


@pytest.mark.parametrize("rate", [12, 60])
def test_looks_go_by_time(tmp_path: Path, rate: int) -> None:
    path = make_video(tmp_path / "rate.mp4", moving(2 * rate, RED, GREY, 1), rate=rate)
    assert len(watch(path, SETTINGS, Squares()).looks) == 12
    assert len(watch(path, CurationSettings(looks_per_s=4), Squares()).looks) == 8


def test_only_what_is_wanted_is_looked_at(tmp_path: Path) -> None:
    path = make_video(tmp_path / "long.mp4", moving(60, RED, GREY))
    watched = watch(path, SETTINGS, Squares(), 0.5, 1.5)
    assert (watched.begin, watched.end, watched.looks[0].frame) == (15, 45, 15)
    assert watched.times[-1] == pytest.approx(1.5)
    with pytest.raises(AffectError, match="no frame between 5 s and 6 s; mend the trim list"):
        watch(path, SETTINGS, Squares(), 5, 6)
