from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.sample.plan import people_by_split, plan
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.splits import SPLITS
from affect.errors import AffectError
from affect.labels import EXPRESSIONS

DEFAULT = plan(SampleSettings())


@given(people=st.integers(3, 60), clips=st.integers(3, 120), seed=st.integers(0, 2**32))
def test_nobody_is_in_two_splits(people: int, clips: int, seed: int) -> None:
    settings = SampleSettings(people=people, clips=clips, seed=seed)
    planned = plan(settings)
    splits: dict[str, set[str]] = {}
    for clip in planned:
        for person in clip.people:
            splits.setdefault(person.subject, set()).add(clip.split)
    assert all(len(found) == 1 for found in splits.values())
    assert splits["astronaut"] == {"test"}
    assert sum(map(len, people_by_split(settings).values())) == people
    assert len({clip.video for clip in planned}) == len(planned) == clips
    assert {clip.split for clip in planned} == set(SPLITS)


def test_the_default_is_as_documented() -> None:
    groups = people_by_split(SampleSettings())
    assert {split: len(group) for split, group in groups.items()} == {"train": 14, "validation": 4, "test": 6}
    assert len(DEFAULT) == 50
    seen = {person.subject for clip in DEFAULT for person in clip.people}
    assert seen == {name for group in groups.values() for name, _ in group}
    assert Counter(clip.split for clip in DEFAULT if len(clip.people) == 2) == {"train": 1, "test": 1}
    assert sum(not clip.sound for clip in DEFAULT) == 1
    assert sum(clip.absent is not None for clip in DEFAULT) >= 3
    share = Counter(name for clip in DEFAULT for name in clip.sets)
    assert share["VA_Set"] >= 44
    assert 35 <= share["EXPR_Set"] <= 42
    assert 35 <= share["AU_Set"] <= 42
    assert all(clip.sets for clip in DEFAULT)


@pytest.mark.parametrize("split", SPLITS)
def test_every_expression_is_dealt_equally_often(split: str) -> None:
    dealt = Counter(e for clip in DEFAULT if clip.split == split for person in clip.people for e in person.episodes)
    assert set(dealt) == set(EXPRESSIONS)
    assert max(dealt.values()) - min(dealt.values()) <= 1


def test_a_plan_depends_on_the_seed_alone() -> None:
    assert plan(SampleSettings()) == DEFAULT
    assert plan(SampleSettings(seed=1)) != DEFAULT


def test_too_few_people_are_told() -> None:
    with pytest.raises(AffectError, match="people"):
        SampleSettings().override(["people=2"])
