"""The whole pipeline on the sample corpus: every step is a job sent to a Ray cluster that lives as long as the demo.

What it trains stays apart from the model that comes with the package, which answers first: that one learnt from people.
"""

import json
import os
import socket
import time
from pathlib import Path
from typing import Annotated, Any

import skimage
import typer
from rich.console import Console
from rich.table import Table

from affect.command_line import run_app
from affect.interface.answers import Answer
from affect.interface.client import Client
from affect.media.pictures import decode_picture, encode_jpeg
from affect.models.drawing import draw
from affect.models.files import DESCRIPTION, WINNER
from affect.models.outputs import OUTPUTS
from affect.models.shipped import DEFAULT, find_model
from affect.models.store import promote
from affect.runs import REPORT, summary
from cluster.local import LocalCluster, local_cluster
from cluster.nodes import PROJECT

app = typer.Typer(add_completion=False, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

LOGICAL_CPUS = 8
OBJECT_STORE_BYTES = 600 * 2**20
MODEL = "sample-affect"
SYNTHETIC = "It learnt from drawn heads alone: the form of its answer is what counts here, its figures mean nothing."

Output = Annotated[Path, typer.Option(help="where everything that the demo makes is kept")]


@app.command()
def run(out: Output = PROJECT / "demo-output") -> None:
    """Make the corpus, preprocess, train, search, promote, deploy, and ask about a real photograph."""
    began = time.monotonic()
    out = out.resolve()
    with local_cluster(LOGICAL_CPUS, OBJECT_STORE_BYTES) as cluster:
        corpus, rows, sweep, models = (out / name for name in ("corpus", "rows", "sweep", "models"))
        looking = ["--set", "detector.size=320", "--workers", os.cpu_count()]
        steps: list[tuple[str, list[Any]]] = [
            ("Make a corpus of synthetic talking heads", ["make_sample", "--out", corpus]),
            ("Find, align and store faces", ["preprocess", "sample", "--root", corpus, "--out", rows, *looking]),
            ("Train MT-VGG on two workers", ["train", "sample/mt-vgg", "--data", rows, "--out", out / "mt-vgg"]),
            ("Search ArcFace settings of MT-ArcRes", ["tune", "sample/arcface", "--data", rows, "--out", sweep]),
            ("Promote the winner", ["promote", sweep, "--name", MODEL, "--store", models]),
        ]
        for number, (title, arguments) in enumerate(steps, 1):
            _job(cluster, f"{number}/{len(steps) + 1} {title}", arguments)
        port = _free_port()
        title = f"{len(steps) + 1}/{len(steps) + 1} Serve it, beside the model that comes with the package"
        _deploy(cluster, title, out, port, DEFAULT, MODEL)
        _ask(out, f"http://127.0.0.1:{port}")
    _show_figures(out)
    console.print(f"\nDone in {(time.monotonic() - began) / 60:.1f} minutes; nothing is left running.")


@app.command()
def serve(out: Output = PROJECT / "demo-output", port: int = 8000) -> None:
    """Serve the model that comes with the package, and beside it the one that ``run`` promoted, until Ctrl-C."""
    out = out.resolve()
    made = (out / "models" / MODEL / "current.json").exists()
    if not made:
        console.print(f"{out} holds no model of the demo, so {DEFAULT} answers alone; `make demo` makes another.")
    with local_cluster(LOGICAL_CPUS, OBJECT_STORE_BYTES) as cluster:
        _deploy(cluster, "Serve", out, port, DEFAULT, *([MODEL] if made else []))
        console.print(
            f"\nServing on http://127.0.0.1:{port} (interface: http://127.0.0.1:{port}/docs). Ctrl-C ends it."
        )
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            console.print("Shutting down.")


def _job(cluster: LocalCluster, title: str, arguments: list[Any]) -> None:
    console.rule(f"[bold]{title}")
    module, *rest = map(str, arguments)
    console.print(f"[dim]ray job submit -- python -m jobs.{module} {' '.join(rest)}")
    began = time.monotonic()
    cluster.submit("python", "-m", f"jobs.{module}", *rest)
    console.print(f"[dim]{time.monotonic() - began:.0f} s")


def _deploy(cluster: LocalCluster, title: str, out: Path, port: int, *models: str) -> None:
    """Serve the models, the first of them where a request names none."""
    promote(find_model(DEFAULT), str(out / "models"), DEFAULT)  # the one of this copy of the package, if it was another
    names = [argument for model in models for argument in ("--name", model)]
    _job(cluster, title, ["deploy", *names, "--store", out / "models", "--port", port])


def _ask(out: Path, endpoint: str) -> None:
    """Send a real photograph to the endpoint, print what each model says, and draw what the one of people does."""
    photograph = Path(skimage.__file__).parent / "data" / "astronaut.png"
    with Client(endpoint) as client:
        learnt = {model["name"]: model["trained_on"] for model in client.models()}
        for name, trained_on in learnt.items():
            answer = client.faces(photograph, model=name)
            synthetic = any(corpus["synthetic"] for corpus in trained_on)
            console.rule(f"[bold]{name} about a real photograph (NASA, public domain)")
            console.print_json(json.dumps(answer))
            console.print(_of_people(answer) if not synthetic else SYNTHETIC)
            if name == DEFAULT:
                drawn = out / "astronaut.jpg"
                drawn.write_bytes(encode_jpeg(draw(decode_picture(photograph.read_bytes()), answer["faces"]), 95))


def _of_people(answer: Answer) -> str:
    """What a model that learnt from people says, in a few words."""
    faces = [max(face["expression"].items(), key=lambda item: item[1]) for face in answer["faces"]]
    told = ", ".join(f"{expression} ({probability:.2f})" for expression, probability in faces) or "no face"
    lacking = " nor ".join(output.words for head, output in OUTPUTS.items() if head in answer["not_given"])
    return f"[bold]It shows: {told}.[/] This model, trained on faces of people, does not give {lacking}."


def _show_figures(out: Path) -> None:
    """What the demo's networks reach on people they never saw, as their runs measured it."""
    winner = json.loads((Path(json.loads((out / "sweep" / WINNER).read_text())["model"]) / DESCRIPTION).read_text())
    measured = {
        "MT-VGG": summary(str(out / "mt-vgg"))["metrics"]["test"],
        "MT-ArcRes, winner of the search": {
            name.removeprefix("test/"): value for name, value in winner["metrics"].items() if name.startswith("test/")
        },
    }
    table = Table(title="On the sample corpus's held-out people (synthetic: shows that it learns, no more)")
    table.add_column("network")
    names = {
        "valence_ccc": "CCC valence",
        "arousal_ccc": "CCC arousal",
        "expression_macro_f1": "macro F1 expressions",
        "action_units_f1": "mean F1 action units",
    }
    for name in names.values():
        table.add_column(name, justify="right")
    for network, metrics in measured.items():
        table.add_row(network, *(f"{metrics[key]:.2f}" for key in names))
    console.print()
    console.print(table)
    console.print("\nTo look at:")
    for what, where in (
        ("the answer on the photograph", "astronaut.jpg"),
        ("report of the training", f"mt-vgg/{REPORT}"),
        ("report of the search", f"sweep/{REPORT}"),
        ("model card", f"models/{MODEL}"),
    ):
        console.print(f"  {what:<30} {os.path.relpath(out / where)}")


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


if __name__ == "__main__":
    run_app(app)
