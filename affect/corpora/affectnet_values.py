"""The values of AffectNet: a line of its lists, and an array of its later form."""

import io

import numpy as np
from numpy.typing import NDArray

from affect.corpora.archive import is_inside
from affect.corpora.lists import BadLine
from affect.errors import AffectError
from affect.labels import EXPRESSIONS, NO_EXPRESSION

CLASSES = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt", "none")
"""Classes 0 to 8; 9 is uncertain and 10 no face."""

LEFT_OUT = {9: "annotated as uncertain", 10: "annotated as no face"}

NO_VALENCE_AROUSAL = -2.0

COLUMNS = (
    "subdirectory_filepath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)

Box = tuple[float, float, float, float]


def parse_array(data: bytes, name: str) -> NDArray[np.float64]:
    """The numbers in a .npy file, which may be written as text, flat. Raises AffectError; nothing is unpickled."""
    try:
        values: NDArray[np.float64] = np.load(io.BytesIO(data), allow_pickle=False).astype(np.float64).reshape(-1)
    except Exception as error:  # numpy raises what the bytes lead it to, SyntaxError and MemoryError among them
        raise AffectError(f"{name} is not an array of numbers ({error}); get it again from the corpus") from error
    return values


def header_columns(text: str, uri: str) -> dict[str, int] | None:
    """Columns by their names in small letters; None for a line of data. Raises AffectError where some are missing."""
    header = [cell.strip().strip('"').lower() for cell in text.split(",")]
    if not {"expression", "valence", COLUMNS[0]} & set(header):
        return None
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise AffectError(f"{uri}, line 1: the header has no {', '.join(missing)}; get the list again from the corpus")
    return {name: at for at, name in enumerate(header)}


def parse_row(text: str, columns: dict[str, int]) -> tuple[str, int, float, float]:
    """Picture, class from 0 to 10, valence and arousal (NaN where not annotated) of a line. Raises BadLine."""
    cells = [cell.strip() for cell in text.split(",")]
    if len(cells) != len(columns):
        raise BadLine(f"there are not {len(columns)} values")
    picture = cells[columns[COLUMNS[0]]].strip('"').replace("\\", "/")
    if not is_inside(picture):
        raise BadLine("the picture's path is empty or leads elsewhere")
    expression = cells[columns["expression"]]
    if expression not in map(str, range(len(CLASSES) + len(LEFT_OUT))):
        raise BadLine("the expression is not a number from 0 to 10")
    valence, arousal = _number(cells[columns["valence"]]), _number(cells[columns["arousal"]])
    if NO_VALENCE_AROUSAL in (valence, arousal):
        return picture, int(expression), np.nan, np.nan
    if not in_range(valence, arousal):
        raise BadLine("valence and arousal are not from -1 to 1, nor -2")
    return picture, int(expression), valence, arousal


def place_of_face(text: str, columns: dict[str, int]) -> tuple[Box | None, NDArray[np.float32] | None]:
    """The box and the landmarks (68, 2) of a good line; None for one that is not valid, as in many lines."""
    cells = text.split(",")
    x, y, width, height = (_number(cells[columns[name]]) for name in COLUMNS[1:5])
    box = (x, y, width, height) if np.isfinite([x, y]).all() and 0 < width < np.inf and 0 < height < np.inf else None
    points = np.array([_number(point) for point in cells[columns["facial_landmarks"]].strip('" ').split(";")])
    valid = len(points) == 136 and np.isfinite(points).all() and np.ptp(points) > 0
    return box, points.astype(np.float32).reshape(68, 2) if valid else None


def expression_of(number: int) -> int:
    """Index in EXPRESSIONS of AffectNet's class; NO_EXPRESSION for those that are none of the seven."""
    name = CLASSES[number] if number < len(CLASSES) else ""
    return EXPRESSIONS.index(name) if name in EXPRESSIONS else NO_EXPRESSION


def in_range(valence: float, arousal: float) -> bool:
    """Whether both are annotated and valid; NaN and -2 are not."""
    return abs(valence) <= 1 and abs(arousal) <= 1


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan
