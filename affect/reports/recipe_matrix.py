"""What became of each recipe's small preset, as a row and as a table in Markdown."""

from affect.configuration import Configuration
from affect.errors import AffectError

BEGIN, END = "<!-- matrix: written by jobs.matrix -->", "<!-- end of matrix -->"


class Outcome(Configuration):
    """One recipe's run: whether it came to its end, and what was measured on the way."""

    recipe: str
    ran: bool
    stages: int = 1
    """Training runs that it consists of."""
    steps: int = 0
    """Training steps over all stages."""
    seconds: float = 0.0
    loss_first: float | None = None
    """Of the last stage's first step, and of its last."""
    loss_last: float | None = None
    score: float | None = None
    """Of the last stage on the validation split."""
    replaced: tuple[str, ...] = ()
    """What the preset puts in place of what the sample corpus lacks."""
    failure: str = ""


def table(outcomes: list[Outcome], heading: str) -> str:
    """The generated part of a page: ``heading`` and a line for each outcome, between BEGIN and END."""
    lines = [
        BEGIN,
        "",
        heading,
        "",
        "| recipe | ran | steps | s | loss first, last | score | replaced |",
        "|" + "---|" * 7,
    ]
    for one in outcomes:
        ran = "yes" if one.ran else f"**no**: {' '.join(one.failure.split())[:200]}"
        steps = f"{one.steps}" if one.stages == 1 else f"{one.steps} in {one.stages} stages"
        losses = f"{_short(one.loss_first)}, {_short(one.loss_last)}"
        lines.append(
            f"| {one.recipe} | {ran} | {steps} | {one.seconds:.0f} | {losses} | {_short(one.score)} "
            f"| {'; '.join(one.replaced)} |"
        )
    return "\n".join([*lines, "", END])


def put_into(page: str, part: str) -> str:
    """``page`` with ``part`` in place of what stands between BEGIN and END; AffectError without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise AffectError(f"the page has no lines {BEGIN} and {END} between which the table goes")
    return before + part + after


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
