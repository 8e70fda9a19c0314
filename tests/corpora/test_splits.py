import pytest

from affect.corpora.splits import split_named


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Training_Set", "train"),
        ("train", "train"),
        ("trainVideos", "train"),
        ("Val_AFEW", "validation"),
        ("VALIDATION_SET", "validation"),
        ("dev_3", "validation"),
        ("Test", "test"),
        ("readme", None),
        ("a_train", None),
        ("", None),
    ],
)
def test_splits_go_by_how_names_begin(name: str, split: str | None) -> None:
    assert split_named(name) == split
