"""FERPlus: ten annotators' votes for every picture of FER2013.

They are in ``fer2013new.csv`` (Usage, Image name and the votes, in the order of fer2013.csv) or in a table whose column
"image" names the picture. Kept are the counts of the seven expressions as they are. Votes for contempt, "unknown" and
"no face" have no place among them: they show as what the seven lack to ten, and a picture that got no other has no
votes at all. The expression of a picture stays FER2013's own.
"""

from affect.corpora.faults import Faults
from affect.corpora.fer2013_csv import header_of, is_small_number
from affect.corpora.lists import read_lines
from affect.corpora.shelves import NO_VOTES
from affect.errors import AffectError
from affect.labels import EXPRESSIONS

Votes = tuple[float, ...]


def read_votes(uri: str, faults: Faults) -> tuple[dict[str, Votes], list[Votes]]:
    """FERPlus's votes for the seven expressions by the picture's name, and in the order of the lines.

    A bad line is a fault and has no votes. Raises AffectError where the header does not name the seven.
    """
    named: dict[str, Votes] = {}
    ordered: list[Votes] = []
    columns: list[int] = []
    for line in read_lines(uri, faults):
        cells = [cell.strip() for cell in line.text.split(",")]
        if not columns:
            header = [cell.lower() for cell in cells]
            keys = [header.index(key) for key in ("image", "image name") if key in header]
            if not keys or not set(EXPRESSIONS) <= set(header):
                raise AffectError(
                    f"{uri}, line {line.number}: the header is {line.text[:90]!r}, expected are 'image' or 'Image "
                    f"name' and {', '.join(EXPRESSIONS)}; get FERPlus's table again"
                )
            columns = [keys[0], *map(header.index, EXPRESSIONS)]
            continue
        votes = NO_VOTES
        counts = [cells[column] for column in columns[1:] if column < len(cells)]
        if len(counts) == len(EXPRESSIONS) and all(map(is_small_number, counts)) and columns[0] < len(cells):
            votes = tuple(map(float, counts)) if any(map(int, counts)) else NO_VOTES
            if cells[columns[0]]:
                named.setdefault(cells[columns[0]], votes)
        else:
            faults.add(f"{uri}, line {line.number}", "the votes are not whole numbers in every column")
        ordered.append(votes)
    return named, ordered


def votes_table(tables: list[str]) -> str | None:
    """The first of these .csv files that has columns for the seven expressions."""
    return next((file for file in tables if header_of(file) >= set(EXPRESSIONS)), None)
