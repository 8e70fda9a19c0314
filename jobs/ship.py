"""Make a trained model the one that comes with the package: ``python -m jobs.ship RUN --data ROWS --evaluation URI``.

Writes its weights in half precision, model.json, an ONNX graph and a card, by default below affect/models/shipped,
where it takes the place of the one before. With ``--data`` what is shipped is judged on those rows first, for its card.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from affect import storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.evaluation.joining import read_finished
from affect.evaluation.settings import EvaluationConfig
from affect.models.shipped import DEFAULT, FOLDER
from affect.models.shipping import ship
from jobs.evaluate import evaluate

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    model: Annotated[str, typer.Argument(help="a train run, a tune run (its winner) or a model's folder")],
    name: Annotated[str, typer.Option(help="the name to ship it under")] = DEFAULT,
    data: Annotated[
        list[str] | None, typer.Option(help="folder written by jobs.preprocess to judge it on; may be repeated")
    ] = None,
    split: Annotated[str, typer.Option(help="of these rows")] = "validation",
    evaluation: Annotated[
        str, typer.Option(help="the evaluation for its card: where to keep it, or without --data a finished one")
    ] = "",
    about: Annotated[str, typer.Option(help="a file of Markdown that ends the card")] = "",
    out: Annotated[
        str, typer.Option(help="the folder that models are shipped in", show_default="affect/models/shipped")
    ] = str(FOLDER),
) -> None:
    """Convert, check that the graph answers as the network does, and put everything in place."""
    if data and not evaluation:
        raise AffectError("the evaluation on --data has no place; name a new folder with --evaluation")
    folder = storage.join(out, name)
    ending = Path(about).read_text() if about else ""
    if data:
        ship(model, folder, name, about=ending)
        places = tuple(map(storage.absolute, data))
        evaluate(EvaluationConfig(model=storage.absolute(folder), name=name, data=places, split=split), evaluation)
    told = read_finished(evaluation).metrics if evaluation else None
    facts = ship(model, folder, name, told, ending)
    console = Console(highlight=False, soft_wrap=True)
    for fact, value in facts.items():
        console.print(f"{fact.replace('_', ' ')}: {value:,.0f} bytes" if value > 1 else f"{fact}: {value:.2g}")
    console.print(f"shipped as {name} in {folder}")


if __name__ == "__main__":
    run_app(app)
