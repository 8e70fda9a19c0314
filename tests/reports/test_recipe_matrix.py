"""The table of small presets goes where the page wants it, failures with their reason."""

import pytest

from affect.errors import AffectError
from affect.reports.recipe_matrix import BEGIN, END, Outcome, put_into, table


def test_the_table_takes_the_old_ones_place() -> None:
    good = Outcome(recipe="a/b", ran=True, stages=2, steps=6, seconds=3.2, loss_first=1.0, loss_last=0.5, score=0.25)
    bad = Outcome(recipe="a/c", ran=False, failure="no rows\n  at all", replaced=("random weights for x",))
    page = put_into(f"# Page\n{BEGIN}\nold\n{END}\nend", table([good, bad], "1 of 2 ran."))
    assert "| a/b | yes | 6 in 2 stages | 3 | 1.000, 0.500 | 0.250 |  |" in page
    assert "| a/c | **no**: no rows at all |" in page
    assert "random weights for x" in page
    assert page.startswith("# Page\n")
    assert page.endswith("\nend")
    assert "old" not in page


def test_a_page_without_a_place() -> None:
    with pytest.raises(AffectError, match="between which the table goes"):
        put_into("# Page", "table")
