"""How every command meets its user: readable logs, and faults told as one message instead of a traceback."""

import logging
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from affect.errors import AffectError


def run_app(app: typer.Typer) -> None:
    """Run a command line; an AffectError, or storage that fails, is printed and ends it with status 2."""
    # A job's log is no terminal, and Ray's own lines in it are long.
    console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        datefmt="[%H:%M:%S]",
        handlers=[RichHandler(console=console, show_path=False, markup=False)],
    )
    logging.getLogger("affect").setLevel(logging.INFO)
    try:
        app()
    except AffectError as error:
        _tell(str(error))
    except OSError as error:
        # A disk or a server at fault, not the code: whoever is to mend it is helped by the reason, not by a trace.
        _tell(f"{error}; mend that, and the same command goes on where it was")


def _tell(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]error:[/] {escape(message)}")
    sys.exit(2)
