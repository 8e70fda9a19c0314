"""The people that a network learns to tell apart: those its training rows show."""

import pyarrow as pa
import pyarrow.compute as pc

from affect import samples
from affect.errors import AffectError
from affect.training.index import require_rows
from affect.training.settings import TrainConfig


def with_identities(config: TrainConfig) -> TrainConfig:
    """``config`` with the identities of its training rows, in order of name, where its network has such a head.

    Raises AffectError where fewer than two people are to be told apart, or named ones have no training row.
    """
    network = config.network
    if "identity" not in network.heads:
        return config
    found = subjects(require_rows(config.data, "train", config.corpora))
    if absent := [name for name in network.identities if name not in found]:
        raise AffectError(
            f"network.identities names {len(absent)} people without a training row, such as {absent[0]!r}; leave it "
            "out to learn all that the rows show"
        )
    if len(found) < 2:
        raise AffectError(
            f"the training rows in {', '.join(config.data)} name {len(found)} people, which cannot be told apart; "
            "preprocess a corpus with a folder for each person, such as vggface2"
        )
    return config.model_copy(
        update={"network": network.model_copy(update={"identities": network.identities or tuple(found)})}
    )


def subjects(files: list[str]) -> list[str]:
    """Whom the rows with a face in ``files`` show, sorted."""
    names: set[str] = set()
    for file in files:
        table = samples.open_parquet(file).read(columns=["success", "subject"])
        shown = table.filter(table["success"])["subject"].drop_null()
        names.update(pc.unique(shown).cast(pa.string()).to_pylist())
    return sorted(names)
