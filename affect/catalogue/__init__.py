"""Every network of the four papers by name: ``<paper>/<network>``, with its objective and where its results stand."""

from affect.catalogue import bmvc2019, ext2018, fbn2019, ijcv2019
from affect.catalogue.entry import Entry
from affect.registry import look_up

__all__ = ["NETWORKS", "PAPERS", "Entry", "network"]

PAPERS = {
    "ijcv2019": "Deep Affect Prediction in-the-wild: Aff-Wild Database and Challenge, Deep Architectures, and Beyond",
    "ext2018": "Aff-Wild2: Extending the Aff-Wild Database for Affect Recognition",
    "bmvc2019": "Expression, Affect, Action Unit Recognition: Aff-Wild2, Multi-Task Learning and ArcFace",
    "fbn2019": "Face Behavior a la carte: Expressions, Affect and Action Units in a Single Network",
}

NETWORKS: dict[str, Entry] = {
    f"{paper}/{name}": entry
    for paper, entries in (
        ("ijcv2019", ijcv2019.ENTRIES),
        ("ext2018", ext2018.ENTRIES),
        ("bmvc2019", bmvc2019.ENTRIES),
        ("fbn2019", fbn2019.ENTRIES),
    )
    for name, entry in entries.items()
}


def network(name: str) -> Entry:
    """The network of that name; AffectError with the nearest name where there is none."""
    return look_up(NETWORKS, name, "network")
