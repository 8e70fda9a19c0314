import contextlib

from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.emotionet_lines import find_columns, parse_row
from affect.corpora.lists import BadLine
from tests.corpora.test_emotionet import units

CELLS = st.sampled_from(["0", "1", "999", "", "2", "x"])


@given(
    text=st.one_of(
        st.text(max_size=80),
        st.lists(CELLS, min_size=59, max_size=61).map(lambda cells: "\t".join(["http://a/b.jpg", "", *cells])),
    )
)
def test_arbitrary_lines_give_action_units_or_a_bad_line(text: str) -> None:
    columns, is_data = find_columns(units("a.jpg", {}))
    assert columns is not None
    assert is_data
    with contextlib.suppress(BadLine):
        assert set(parse_row(text, columns)[1]) <= {-1, 0, 1}
    assert find_columns(text)[0] is None or "\t" in text or "au" in text.lower()
