"""--list: every recipe with what it needs, or those with a word in their line."""

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from jobs.recipes import TRAIN_RECIPES
from jobs.train import app


def listed(*arguments: str) -> str:
    return CliRunner().invoke(app, ["--list", *arguments], catch_exceptions=False).output


def test_every_recipe_has_a_line() -> None:
    text = listed()
    words = set(text.split())
    assert set(TRAIN_RECIPES) <= words
    assert f"{len(TRAIN_RECIPES)} of {len(TRAIN_RECIPES)} recipes" in text


@pytest.mark.parametrize(
    ("word", "shown", "hidden"),
    [
        ("recola", "ext2018/vggface1-gru-attention/recola", "bmvc2019/mt-vgg"),
        ("bmvc2019", "bmvc2019/mt-arcres/raf-db", "fbn2019/vgg-face-va"),
        ("(landmarks)", "ijcv2019/vgg-face", "ijcv2019/vgg-face-without-landmarks"),
    ],
)
def test_a_word_chooses(word: str, shown: str, hidden: str) -> None:
    words = listed(word).split()
    assert shown in words
    assert hidden not in words


def test_a_word_that_none_has() -> None:
    with pytest.raises(AffectError, match="no recipe has 'nosuch'"):
        listed("nosuch")
