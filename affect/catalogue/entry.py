"""What the catalogue says about a network of the papers."""

from dataclasses import dataclass

from affect.networks.spec import NetworkSpec
from affect.objectives.settings import ObjectiveSettings


@dataclass(frozen=True)
class Entry:
    """A network as a paper has it, the objective it was trained with there, and where its results stand."""

    spec: NetworkSpec
    objective: ObjectiveSettings
    where: str
    """Where the paper describes it."""
    rows: tuple[tuple[str, str], ...] = ()
    """Tables of the paper that print its results, each with the network's name there."""
    pretrained: tuple[str, ...] = ()
    """What its encoder comes from, in order: a source of affect.pretrained, a recipe's run, or the corpus's name."""

    @property
    def tables(self) -> str:
        """The tables' numbers, as in ``9, 10``."""
        return ", ".join(dict.fromkeys(table for table, _ in self.rows))
