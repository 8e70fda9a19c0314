import pytest

from affect.checking.comparison import comparison_rows, split_table
from affect.checking.tally import Tally
from affect.corpora.published import Count, Published


def tally(**videos: int) -> Tally:
    made = Tally()
    for split, count in videos.items():
        made.of(split).videos = count
    return made


@pytest.mark.parametrize(
    ("value", "about", "here", "difference", "badge"),
    [
        (1200, False, 1200, "0", "agrees"),
        (1200, False, 1201, "+1", "differs"),
        (1200, True, 1230, "+30", "agrees"),
        (1200, True, 1300, "+100", "differs"),
        (3000, False, 1000, "-2,000", "differs"),
    ],
)
def test_what_is_counted_stands_beside_what_is_printed(
    value: int, about: bool, here: int, difference: str, badge: str
) -> None:
    printed = Published(counts=(Count(measure="videos", value=value, about=about, where="Table 1"),))
    ((what, number, counted, apart, said, where),) = comparison_rows(printed, {"here": tally(train=here)})
    assert (what, counted, apart, said.text, where) == ("videos", f"{here:,}", difference, badge, "Table 1")
    assert number == ("about " if about else "") + f"{value:,}"


def test_a_split_that_is_absent_is_told() -> None:
    printed = Published(counts=(Count(measure="videos", split="test", value=5, where="Table 1"),))
    both = {"labels": tally(train=3), "rows": tally(test=4)}
    ((_, _, *cells, badge, _),) = comparison_rows(printed, both)
    assert cells == [None, None, "4", "-1"]
    assert badge.text == "not here"


def test_splits_in_order_and_no_empty_column() -> None:
    table = split_table({"here": tally(test=1, train=2, extra=4)})
    assert (list(table.columns), table.rows) == (
        ["split", "videos"],
        [["train", "2"], ["test", "1"], ["extra", "4"], ["all", "7"]],
    )
    both = split_table({"labels": tally(train=2), "rows": tally(train=1)})
    assert (list(both.columns), both.rows) == (
        ["", "split", "videos"],
        [["labels", "train", "2"], ["rows", "train", "1"]],
    )
