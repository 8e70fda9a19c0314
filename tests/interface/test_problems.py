"""The table of errors that docs/serving.md gives is the one that is obeyed."""

import re
from pathlib import Path

from affect.interface.problems import KINDS

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"


def test_every_code_is_documented_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == [(code, str(kind.status), kind.meaning) for code, kind in KINDS.items()]
