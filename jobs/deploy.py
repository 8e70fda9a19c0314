"""Serve models of the store over HTTP: ``python -m jobs.deploy --name NAME --store URI``.

Without a name the model that comes with the package is served, put into the store where that has none of its name.
"""

from typing import Annotated

import ray
import typer
from rich.console import Console

from affect.command_line import run_app
from affect.errors import AffectError
from affect.models.shipped import DEFAULT, find_model
from affect.models.store import list_models, promote
from serve.listening import http_options
from serve.settings import ServeSettings
from serve.start import start

app = typer.Typer(add_completion=False)


@app.command()
def main(
    store: Annotated[str, typer.Option(help="the model store; local or s3://")],
    name: Annotated[
        list[str] | None,
        typer.Option(help="NAME or NAME@VERSION of the store; several where several models shall answer"),
    ] = None,
    host: Annotated[str, typer.Option(help="the address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port to listen at")] = 8000,
    tls_cert: Annotated[str | None, typer.Option(help="certificate file: HTTPS; a path on every node")] = None,
    tls_key: Annotated[str | None, typer.Option(help="the certificate's key file")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, as limits.queue=50; docs/serving.md has all keys")
    ] = None,
) -> None:
    """Start Serve with the models, or hand over to them from what is served; Serve stays up."""
    settings = ServeSettings.parse({"store": store, "models": name or [DEFAULT]}).override(set_ or [])
    options = http_options(host, port, tls_cert, tls_key)
    try:
        ray.init(address="auto", ignore_reinit_error=True, log_to_driver=False)
    except ConnectionError as error:
        raise AffectError(
            "no Ray cluster runs here; 'ray start --head' starts one, 'ray job submit' reaches one"
        ) from error
    if DEFAULT in settings.models and DEFAULT not in {known.name for known in list_models(store)}:
        promote(find_model(), store, DEFAULT)
    url, models = start(settings, options)
    console = Console(highlight=False, soft_wrap=True)
    for model in models:
        console.print(f"{model['name']} {model['version']} answers at {url}")
    console.print(f"  curl --data-binary @picture.jpg -H 'Content-Type: image/jpeg' {url}/v1/faces")
    console.print(f"  the interface is described at {url}/docs; 'serve shutdown' ends it")


if __name__ == "__main__":
    run_app(app)
