"""Make a trained model one that comes with the package: ``python -m jobs.ship RUN --evaluation EVALUATION``.

Writes its weights in half precision, model.json, an ONNX graph and a card, by default below affect/models/shipped.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from affect import storage
from affect.evaluation.joining import finished
from affect.models.shipped import DEFAULT, FOLDER
from affect.models.shipping import ship
from jobs.cli import run

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    model: Annotated[str, typer.Argument(help="a train run, a tune run (its winner) or a model's folder")],
    name: Annotated[str, typer.Option(help="the name to ship it under")] = DEFAULT,
    evaluation: Annotated[str, typer.Option(help="a finished evaluation of the model, for its card")] = "",
    about: Annotated[str, typer.Option(help="a file of Markdown that ends the card")] = "",
    out: Annotated[str, typer.Option(help="the folder that models are shipped in")] = str(FOLDER),
) -> None:
    """Convert, check that the graph answers as the network does, and put everything in place."""
    told = finished(evaluation).metrics if evaluation else None
    folder = storage.join(out, name)
    facts = ship(model, folder, name, told, Path(about).read_text() if about else "")
    console = Console(highlight=False, soft_wrap=True)
    for fact, value in facts.items():
        console.print(f"{fact.replace('_', ' ')}: {value:,.0f} bytes" if value > 1 else f"{fact}: {value:.2g}")
    console.print(f"shipped as {name} in {folder}")


if __name__ == "__main__":
    run(app)
