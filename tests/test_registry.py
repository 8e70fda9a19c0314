"""Names, and what is told about those that are not there."""

import pytest

from affect.errors import AffectError
from affect.registry import look_up

MANY = {f"entry-{number}": number for number in range(30)}


def test_found() -> None:
    assert look_up({"gru": 1, "lstm": 2}, "lstm", "cell") == 2


@pytest.mark.parametrize(
    ("registry", "name", "message"),
    [
        ({"gru": 1, "lstm": 2}, "lstn", r"^there is no cell 'lstn'; did you mean 'lstm'\? \(known: gru, lstm\)$"),
        ({"gru": 1, "lstm": 2}, "x", r"^there is no cell 'x' \(known: gru, lstm\)$"),
        (MANY, "entry-7x", r"^there is no cell 'entry-7x'; did you mean 'entry-7' or 'entry-\d+' or 'entry-\d+'\?$"),
    ],
)
def test_not_found(registry: dict[str, int], name: str, message: str) -> None:
    with pytest.raises(AffectError, match=message):
        look_up(registry, name, "cell")
