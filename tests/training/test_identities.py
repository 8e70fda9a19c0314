"""Who is to be told apart comes from the training rows, and is learnt."""

from pathlib import Path

import pytest

from affect.errors import AffectError
from affect.networks.spec import NetworkSpec
from affect.training.identities import with_identities
from affect.training.index import build_index
from affect.training.settings import TrainConfig
from tests.made_rows import PEOPLE, write_people


def config(folder: Path, **network: object) -> TrainConfig:
    spec = {"encoder": "arc-res", "input_size": 32, "width": 0.125, "heads": ("identity",), **network}
    return TrainConfig(recipe="test", data=(str(folder),), network=NetworkSpec.parse(spec))


def test_people_of_the_training_rows_in_order_of_name(tmp_path: Path) -> None:
    write_people(str(tmp_path), {"train": PEOPLE[:2], "validation": PEOPLE})
    found = with_identities(config(tmp_path))
    assert found.network.identities == ("n1", "n3")
    # A person who is not learnt is in no set, and one whose picture shows no face is not either.
    sizes = {
        split: len(build_index(found.data, split, found.network).sets["identity"]) for split in ("train", "validation")
    }
    assert sizes == {"train": 11, "validation": 11}


def test_other_networks_are_as_they_were(tmp_path: Path) -> None:
    other = config(tmp_path, heads=("expression",))
    assert with_identities(other) is other


@pytest.mark.parametrize(
    ("people", "named", "message"),
    [(PEOPLE[:1], (), "1 people, which cannot be told apart"), (PEOPLE, ("n1", "n9"), "such as 'n9'")],
)
def test_faults(tmp_path: Path, people: tuple[str, ...], named: tuple[str, ...], message: str) -> None:
    write_people(str(tmp_path), {"train": people})
    with pytest.raises(AffectError, match=message):
        with_identities(config(tmp_path, identities=named))
