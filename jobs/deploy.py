"""Serve a model of the store over HTTP: ``python -m jobs.deploy --name NAME --store URI``."""

from typing import Annotated

import ray
import typer
from rich.console import Console

from affect.errors import AffectError
from jobs.cli import run
from serve.settings import ServeSettings
from serve.start import start

app = typer.Typer(add_completion=False)


@app.command()
def main(
    name: Annotated[str, typer.Option(help="a name of the store")],
    store: Annotated[str, typer.Option(help="the model store; local or s3://")],
    version: Annotated[str | None, typer.Option(help="a version; the current one where none is given")] = None,
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port to listen at")] = 8000,
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value of ServeSettings")] = None,
) -> None:
    """Start Serve with the model, or hand over to it from the version that is served; Serve stays up."""
    settings = ServeSettings(store=store, name=name, version=version).override(set_ or [])
    try:
        ray.init(address="auto", ignore_reinit_error=True, log_to_driver=False)
    except ConnectionError as error:
        raise AffectError(
            "no Ray cluster runs here; 'ray start --head' starts one, 'ray job submit' reaches one"
        ) from error
    url, model = start(settings, host, port)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{model['name']} {model['version']} answers at {url}")
    console.print(f"  curl --data-binary @picture.jpg -H 'Content-Type: image/jpeg' {url}/v1/faces")
    console.print(f"  the interface is described at {url}/docs; 'serve shutdown' ends it")


if __name__ == "__main__":
    run(app)
