"""Show the networks of the papers: ``python -m jobs.networks [PATTERN]``, or one of them whole by its name."""

import json
from fnmatch import fnmatch
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from affect.catalogue import NETWORKS, PAPERS, Entry, network
from affect.command_line import run_app
from affect.errors import AffectError
from affect.networks.size import measure

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(
    pattern: Annotated[
        str, typer.Argument(metavar="[NAME OR PATTERN]", help="such as bmvc2019/mt-vgg, 'ext2018/*gru*' or fbn2019")
    ] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> None:
    """Every network with its paper, tables, parameters, multiply-adds for one frame, and input."""
    names = [name for name in NETWORKS if fnmatch(name, pattern) or fnmatch(name, f"{pattern}/*")]
    if not names:
        if any(mark in pattern for mark in "*?["):
            raise AffectError(f"no network's name matches {pattern!r}; python -m jobs.networks shows all")
        network(pattern)  # says which is the nearest
    console = Console(stderr=True)
    shown = {name: _described(NETWORKS[name]) for name in track(names, "measuring", console=console, transient=True)}
    if as_json:
        print(json.dumps(shown, indent=2))  # noqa: T201  # to be piped
    elif names == [pattern]:
        _show(pattern, NETWORKS[pattern], shown[pattern])
    else:
        _show_all(shown)


def _described(entry: Entry) -> dict[str, object]:
    size = measure(entry.spec)
    spec = entry.spec
    side = f"{spec.input_size}x{spec.input_size}"
    forms = {"image": f"face {side}", "sound": f"sound {side}", "landmarks": "68 landmarks", "lengths": "sequences"}
    return {
        "where": entry.where,
        "tables": entry.tables,
        "parameters": size.parameters,
        "multiply_adds": size.multiply_adds,
        "input": ", ".join(forms[name] for name in spec.takes),
        "outputs": ", ".join(spec.heads),
        "pretrained": " then ".join(entry.pretrained),
        "rows": [f"Table {table}: {row}" for table, row in entry.rows],
        "network": spec.model_dump(mode="json"),
        "objective": entry.objective.model_dump(mode="json"),
    }


def _show_all(shown: dict[str, dict[str, object]]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 160
    for paper, title in PAPERS.items():
        table = Table(title=f"{paper}: {title}", title_justify="left")
        table.add_column("network", no_wrap=True)
        table.add_column("where")
        table.add_column("tables")
        table.add_column("parameters", justify="right", no_wrap=True)
        table.add_column("multiply-adds", justify="right")
        table.add_column("input")
        for name, about in shown.items():
            if name.startswith(f"{paper}/"):
                count, products = about["parameters"], about["multiply_adds"]
                assert isinstance(count, int)
                assert isinstance(products, int)
                table.add_row(
                    name, str(about["where"]), str(about["tables"]), f"{count:,}", f"{products / 1e9:.2f} G",
                    str(about["input"]),
                )  # fmt: skip
        if table.row_count:
            console.print(table)


def _show(name: str, entry: Entry, about: dict[str, object]) -> None:
    console = Console(soft_wrap=True)
    paper = PAPERS[name.partition("/")[0]]
    console.print(f"[bold]{name}[/], {paper}, {entry.where}")
    console.print(f"{about['parameters']:,} parameters, {about['multiply_adds']:,} multiply-adds for one frame")
    console.print(f"takes {about['input']}; gives {about['outputs']}")
    for row in entry.rows:
        console.print(f"result in Table {row[0]} as {row[1]}", highlight=False)
    if entry.pretrained:
        console.print(f"begins with: {about['pretrained']}")
    for title, settings in (("network", entry.spec), ("objective", entry.objective)):
        console.print(f"\n[bold]{title}[/]\n{settings.to_yaml()}", highlight=False)


if __name__ == "__main__":
    run_app(app)
