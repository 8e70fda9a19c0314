import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.fer2013_csv import decode_pixels
from affect.errors import AffectError
from tests.corpora.test_fer2013 import PIXELS


@given(text=st.one_of(st.text(max_size=40), st.just(PIXELS + " 1"), st.just(PIXELS.replace("255", "256"))))
def test_pixels_that_are_none_are_named(text: str) -> None:
    with pytest.raises(AffectError, match="picture 3"):
        decode_pixels(text, "picture 3")
