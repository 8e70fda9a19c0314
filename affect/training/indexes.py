"""What a run reads of its rows before it trains: who they show, and the label columns of each split.

Read once, it serves every run whose rows and heads are the same: batches and all that is laid out from them are made
anew of it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from affect.training.identities import with_identities
from affect.training.index import LabelIndex, build_index, list_rows
from affect.training.settings import TrainConfig


@dataclass(frozen=True)
class Indexes:
    """The label index of each split."""

    of: str
    """The settings that decide what is read, as JSON."""
    identities: tuple[str, ...]
    """Whom the network tells apart, as NetworkSpec.identities."""
    train: LabelIndex
    validation: LabelIndex
    test: LabelIndex | None
    """None where there is no test split, or it is what is validated on."""

    def named(self, config: TrainConfig) -> TrainConfig:
        """``config`` with the identities of its rows."""
        network = config.network.model_copy(update={"identities": self.identities})
        return config.model_copy(update={"network": network})


def read_indexes(config: TrainConfig) -> Indexes:
    """Read them. Raises AffectError as ``build_index`` and ``with_identities`` do."""
    of = _decisive(config)
    config = with_identities(config)
    has_test = config.validate_on != "test" and list_rows(config.data, "test", config.corpora)
    train, validation = (
        build_index(config.data, split, config.network, config.corpora) for split in ("train", config.validate_on)
    )
    test = build_index(config.data, "test", config.network, config.corpora) if has_test else None
    return Indexes(of, config.network.identities, train, validation, test)


def indexes_of(config: TrainConfig, known: Iterable[Indexes]) -> Indexes | None:
    """Those of ``known`` that are what ``config`` reads; None where none are."""
    of = _decisive(config)
    return next((one for one in known if one.of == of), None)


def _decisive(config: TrainConfig) -> str:
    network = config.network
    return json.dumps(
        {
            "data": config.data,
            "corpora": config.corpora,
            "validate_on": config.validate_on,
            "takes": network.takes,
            "heads": network.heads,
            "action_units": network.action_units,
            "compounds": network.compounds,
            "identities": network.identities,
        }
    )
