from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from affect.checking.survey import Survey, VideoFacts, survey_clip
from tests.checking.made_corpus import MadeCorpus, broken, made_labels, noise, still
from tests.made_media import make_video


def surveyed(corpus: MadeCorpus) -> Survey:
    whole = Survey()
    for clip in corpus.clips():
        whole.add(survey_clip(corpus, clip))
    return whole


def test_a_video_tells_its_size_rate_and_length(tmp_path: Path) -> None:
    path = make_video(tmp_path / "v.mp4", [np.zeros((48, 64, 3), np.uint8)] * 50, rate=Fraction(25))
    corpus = MadeCorpus()
    corpus.clip("v", labels={"main": made_labels(["fear"] * 40)}, kind="video", media=str(path), subject="ann")
    survey = surveyed(corpus)
    assert survey.videos == [VideoFacts("train", 64, 48, 25.0, pytest.approx(2.0), 1)]
    counts = survey.tally.of("train")
    assert (counts.videos, counts.frames, counts.labelled["expression"], counts.subjects) == (1, 50, 40, {"ann"})
    assert survey.faults == []


def test_frames_tell_the_same_though_the_first_are_broken() -> None:
    corpus = MadeCorpus()
    corpus.clip("v", [still("2", 2, broken("2")), *(still(str(n), n, noise(n, 32)) for n in (4, 49))], kind="frames")
    survey = surveyed(corpus)
    assert survey.videos == [VideoFacts("train", 32, 32, pytest.approx(25.0), pytest.approx(2.0), 1)]
    assert survey.tally.of("train").frames == 3


def test_of_many_pictures_some_are_opened() -> None:
    corpus = MadeCorpus()
    corpus.clip("lot", [still(str(n), n, noise(n, 8 + n // 30), subject=f"s{n % 3}") for n in range(60)], split="test")
    survey = surveyed(corpus)
    assert survey.sizes == {(8, 8): 8, (9, 9): 7}
    assert (survey.tally.of("test").pictures, survey.tally.of("test").subjects) == (60, {"s0", "s1", "s2"})


@pytest.mark.parametrize("fault", [broken("labels"), ZeroDivisionError("oh")], ids=["corpus's", "code's"])
def test_what_cannot_be_read_is_told_and_the_rest_counted(tmp_path: Path, fault: Exception) -> None:
    corpus = MadeCorpus()
    corpus.clip("v", labels=fault, kind="video", media=str(tmp_path / "absent.mp4"))
    corpus.clip("lot", [still("a", 0, noise(0))], labels=fault)
    survey = surveyed(corpus)
    assert [name for name, _ in survey.faults] == ["v", "v", "lot"]
    assert (survey.tally.of("train").pictures, survey.tally.of("train").videos) == (1, 0)
