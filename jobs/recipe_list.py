"""The table that ``python -m jobs.train --list`` shows."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from affect.catalogue import PAPERS
from affect.errors import AffectError
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import TRAIN_RECIPES

COLUMNS = ("recipe", "paper", "tables", "data", "stages", "begins with", "batch, optimiser")

TITLES = PAPERS | {
    "pretrain-identity": "Pre-training on identities, of which the 2018 paper has the weights",
    "own": "The project's own model for faces of people",
    "sample": "Narrow networks on the sample corpus",
}


def show_recipes(word: str = "") -> None:
    """Recipes with ``word`` in their name, paper, tables, corpora or weights, by paper; all without one."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 190
    made = {name: make() for name, make in TRAIN_RECIPES.items()}
    shown = {name: line for name, line in ((name, about(config)) for name, config in made.items())
             if word.lower() in " ".join((name, *line)).lower()}  # fmt: skip
    if not shown:
        raise AffectError(f"no recipe has {word!r} in its line; python -m jobs.train --list shows all {len(made)}")
    for family, title in TITLES.items():
        table = Table(*COLUMNS, title=f"{family}: {title}", title_justify="left", box=None, padding=(0, 1))
        table.columns[0].no_wrap = True
        for name, line in sorted(shown.items()):
            if name.startswith(f"{family}/"):
                paper, *rest = line
                table.add_row(name, paper.partition(", ")[2] or paper, *map(escape, rest))
        if table.row_count:
            console.print(table, end="\n\n")
    console.print(f"{len(shown)} of {len(made)} recipes. --list WORD shows those with WORD in their line.")


def about(config: TrainConfig | Chain) -> tuple[str, ...]:
    """Paper, tables, data, stages, what it begins with, batch and optimiser, as words."""
    runs = list(config.stages.values()) if isinstance(config, Chain) else [config]
    stages = ", ".join(config.stages) if isinstance(config, Chain) else ""
    data = " > ".join(dict.fromkeys(_data(one) for one in runs))
    begins = ", ".join(dict.fromkeys(" then ".join(one.weights) for one in runs if one.weights))
    batch, optimiser = runs[-1].batch, runs[-1].optimiser
    size = f"{batch.size} of {batch.length}" if runs[-1].network.sequential else f"{batch.size}"
    taught = f"{size}, {optimiser.name} {optimiser.learning_rate:g}"
    return config.paper, ", ".join(config.tables), data, stages, begins, taught


def _data(config: TrainConfig) -> str:
    extra = [name for name in ("sound", "landmarks") if name in config.network.takes]
    plus = [f"({', '.join(extra)})"] if extra else []
    labels = [f"[{config.labels}]"] if config.labels and not config.labels.startswith("rows of their own") else []
    return " ".join([*(config.corpora or ["any rows"]), *plus, *labels])
