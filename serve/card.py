"""A model card as a page for browsers."""

import base64
import hashlib
from functools import cache

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.ChoiceLoader([jinja2.PackageLoader("serve", "."), jinja2.PackageLoader("affect.reports", ".")]),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")  # what looks like HTML is shown, not obeyed


def card_page(title: str, card: str) -> str:
    """The page of a ``card`` in Markdown."""
    # Both are made here; the card's own text is escaped by the renderer.
    content, style = Markup(_MARKDOWN.render(card)), Markup(_style())  # noqa: S704
    return _ENVIRONMENT.get_template("card.html").render(title=title, content=content, style=style)


@cache
def card_policy() -> str:
    """The Content-Security-Policy of the page: its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"


@cache
def _style() -> str:
    assert _ENVIRONMENT.loader is not None
    return _ENVIRONMENT.loader.get_source(_ENVIRONMENT, "style.css")[0]
