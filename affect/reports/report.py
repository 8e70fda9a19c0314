"""A report as data, and its page: one HTML file that opens from disk and asks no host for anything."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import jinja2
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from affect import storage
from affect.reports.figures import DARK, LIGHT, template

NOTHING = "\N{EN DASH}"

Tone = Literal["plain", "good", "warn", "bad", "accent"]


@dataclass(frozen=True)
class Badge:
    """A word that stands out, for example SYNTHETIC."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Link:
    """A cell that leads to a file beside the page."""

    text: str
    href: str


@dataclass(frozen=True)
class Tile:
    """A figure to read first."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Cells are text, numbers, badges or links; numbers are aligned right. ``highlight`` is the index of a row.

    The first column of a ``pinned`` table stays in sight when it is scrolled sideways; so it does with ``groups``,
    headings over so many columns each.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    highlight: int | None = None
    pinned: bool = False
    groups: Sequence[tuple[str, int]] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    """A plotly figure under a heading; ``wide`` ones take the page's width, others stand two in a row.

    ``alt`` says what it shows to those who do not see it; the title does where it is left out.
    """

    title: str
    figure: go.Figure
    note: str = ""
    wide: bool = False
    alt: str = ""
    kind: str = "figure"


@dataclass(frozen=True)
class Command:
    """Text to copy into a shell."""

    title: str
    text: str
    kind: str = "command"


@dataclass(frozen=True)
class Text:
    """Preformatted text that is shown when asked for."""

    title: str
    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Details:
    """What is shown under its title when asked for, with badges beside the title.

    ``key`` names it within its section, so that a page that loads itself anew leaves it open.
    """

    title: str
    blocks: Sequence[Table | Command | Text]
    badges: Sequence[Badge] = ()
    key: str = ""
    kind: str = "details"


@dataclass(frozen=True)
class Picture:
    """A small picture, JPEG in base64, and what is said of it; ``tone`` marks it as good or bad."""

    jpeg: str
    lines: Sequence[str]
    tone: Tone = "plain"


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side under a heading, across the page if ``wide``."""

    title: str
    pictures: Sequence[Picture]
    note: str = ""
    wide: bool = True
    kind: str = "pictures"


Block = Table | Figure | Command | Text | Details | Pictures


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; ``folded`` sections are opened by the reader."""

    title: str
    blocks: Sequence[Block]
    note: str = ""
    folded: bool = False

    @property
    def anchor(self) -> str:
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True)
class Report:
    """One page. Sections without blocks are left out. ``refresh_s`` makes an open page load itself anew.

    It then stays where it was scrolled to, with the same parts open, and can be told to wait.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    badges: Sequence[Badge] = ()
    tiles: Sequence[Tile] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    """Files beside the page, by what they are called."""
    refresh_s: int | None = None


def render(report: Report) -> str:
    """The page as HTML with plotly, style and data inside."""
    sections = [section for section in report.sections if section.blocks]
    figures = [block for section in sections for block in section.blocks if isinstance(block, Figure)]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("affect.reports", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["cell"] = cell
    style, _, _ = environment.loader.get_source(environment, "style.css")  # type: ignore[union-attr]
    return environment.get_template("page.html.j2").render(
        report=report,
        sections=sections,
        style=style,
        plotly=get_plotlyjs() if figures else "",
        figures=_for_script([json.loads(block.figure.to_json()) for block in figures]),
        templates=_for_script({"light": template(LIGHT), "dark": template(DARK)}),
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    )


def write(report: Report, uri: str) -> None:
    storage.write_text(uri, render(report))


def cell(value: Any) -> str:
    """A value as it is read: four significant digits, a dash for nothing."""
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case float():
            text = f"{value:,.0f}" if 1e5 <= abs(value) < 1e9 else f"{value:.4g}"
            return NOTHING if math.isnan(value) else text.replace("e-0", "e-").replace("e+0", "e+")
        case dict() | list() | tuple():
            return json.dumps(value)
        case _:
            return str(value)


def _for_script(data: Any) -> str:
    # A script element ends at the first "</", wherever it stands.
    return json.dumps(data).replace("</", "<\\/").replace("<!--", "<\\!--")
