"""Put a finished model under a name: ``python -m jobs.promote RUN --name NAME --store URI``."""

from typing import Annotated

import typer
from rich.console import Console

from affect.models.store import promote, resolve
from jobs.cli import run

app = typer.Typer(add_completion=False)


@app.command()
def main(
    model: Annotated[
        str, typer.Argument(help="a train run, a tune run (its winner) or a model's folder; local or s3://")
    ],
    name: Annotated[str, typer.Option(help="the name to put it under")],
    store: Annotated[str, typer.Option(help="the model store; local or s3://")],
) -> None:
    """Give the model the next version under NAME, with a model card, and make it current."""
    version = promote(model, store, name)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{name} {version}")
    console.print(f"in {resolve(store, name, version)}; serve it: python -m jobs.deploy --name {name} --store {store}")


if __name__ == "__main__":
    run(app)
