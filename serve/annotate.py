"""The annotation tool: ``python -m serve.annotate --videos URI --project URI``."""

import logging
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from affect.annotation.recording.project import Project
from affect.command_line import run_app
from serve.annotation.http import OWNER_VARIABLE, build_annotation_api, read_owners
from serve.authentication import VARIABLE, Tokens, check_open
from serve.certificate import check_certificate
from serve.settings import Access

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)

_PATIENCE_S = 5


@app.command()
def main(
    videos: Annotated[str, typer.Option(help="the videos to annotate, at any depth; local or s3://")],
    project: Annotated[str, typer.Option(help="the folder of guidelines, recordings and export; local or s3://")],
    host: Annotated[str, typer.Option(help="the address to listen at; all but loopback want tokens")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port to listen at")] = 8080,
    token_file: Annotated[str | None, typer.Option(help=f"annotators' tokens, one a line; or {VARIABLE}")] = None,
    owner_token_file: Annotated[str | None, typer.Option(help=f"owners' tokens; or {OWNER_VARIABLE}")] = None,
    tls_cert: Annotated[str | None, typer.Option(help="certificate file: HTTPS")] = None,
    tls_key: Annotated[str | None, typer.Option(help="the certificate's key file")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value of access, as rate=600/minute")] = None,
) -> None:
    """Let people annotate videos in their browsers: valence and arousal with a joystick, expressions, action units.

    At the first start PROJECT gets `project.yaml` and `guidelines.md`, both for you to edit. Annotators open
    **/annotate**, give a name, read the guidelines, watch a video once and annotate it; you open **/annotate-owner**:
    progress, agreement, which annotators count, invalid stretches, export. Ctrl-C ends it and nothing recorded is lost;
    the same command goes on.

    For others than yourself:

        python -c "import secrets; print(secrets.token_urlsafe(32))" > tokens

        python -c "import secrets; print(secrets.token_urlsafe(32))" > owner

        python -m serve.certificate --out tls --name HOST

        python -m serve.annotate --videos V --project P --host 0.0.0.0 --token-file tokens --owner-token-file owner
        --tls-cert tls/certificate.pem --tls-key tls/key.pem
    """
    access = Access(token_file=token_file).override(set_ or [])
    tokens = Tokens.read(access)
    owners = read_owners(tokens, owner_token_file)
    check_open(host, tokens)
    check_certificate(tls_cert, tls_key)
    opened = Project.open(project, videos)
    for uri, reason in opened.set_aside:
        logging.getLogger("affect.annotation").warning("set aside %s: %s", uri, reason)
    api = build_annotation_api(opened, access, tokens, owners)
    url = f"{'http' if tls_cert is None else 'https'}://{host}:{port}"
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{len(opened.items)} to annotate at {url}/annotate, the owner's page is {url}/annotate-owner")
    console.print(f"  guidelines: {opened.file('guidelines.md')}, settings: {opened.file('project.yaml')}")
    uvicorn.run(
        api, host=host, port=port, log_level="warning", server_header=False, ssl_certfile=tls_cert, ssl_keyfile=tls_key,
        proxy_headers=False, timeout_graceful_shutdown=_PATIENCE_S,
    )  # fmt: skip


if __name__ == "__main__":
    run_app(app)
