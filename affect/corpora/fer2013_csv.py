"""The rows of fer2013.csv: emotion, pixels and Usage."""

import csv

import numpy as np
from numpy.typing import NDArray

from affect.corpora.faults import Faults
from affect.corpora.lists import BadLine, read_lines
from affect.errors import AffectError

CLASSES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""The classes by their numbers in the csv."""

SPLITS = {
    "training": "train",
    "train": "train",
    "publictest": "validation",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "privatetest": "test",
    "test": "test",
}
"""Splits by the words for them in the csv and in names of folders and pictures, in small letters."""

SIDE = 48

COLUMNS = {"emotion", "pixels", "usage"}


def decode_pixels(text: str, where: str) -> NDArray[np.uint8]:
    """2,304 numbers from 0 to 255 as a grey picture, RGB (48, 48, 3). Raises AffectError naming ``where``."""
    cells = text.split()
    if len(cells) != SIDE * SIDE or not all(map(is_small_number, cells)):
        raise AffectError(f"{where} is not {SIDE * SIDE} numbers from 0 to 255; get the csv again")
    values = np.array(cells, np.int64)
    if values.max() > 255:
        raise AffectError(f"{where} has a value over 255; get the csv again")
    return np.repeat(values.astype(np.uint8).reshape(SIDE, SIDE, 1), 3, axis=2)


def is_small_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) < 4


def header_of(uri: str) -> set[str]:
    """The names of the columns of a .csv file, in small letters."""
    first = next(read_lines(uri, Faults()), None)
    return {cell.strip().strip('"').lower() for cell in first.text[:1000].split(",")} if first else set()


def scan(uri: str, faults: Faults) -> tuple[dict[str, int], list[tuple[str, tuple[int, int, int]]]]:
    """The columns of the csv, and of every good row its split, the span of its line and its number."""
    columns: dict[str, int] = {}
    rows = []
    for line in read_lines(uri, faults):
        if not columns:
            header = [cell.strip().strip('"').lower() for cell in line.text[:1000].split(",")]
            columns = {name: header.index(name) for name in COLUMNS if name in header}
            if len(columns) < len(COLUMNS):
                raise AffectError(
                    f"{uri}, line {line.number}: the header is {line.text[:60]!r}, expected is 'emotion,pixels,Usage'; "
                    "get the csv again"
                )
            number = -1
            continue
        number += 1
        try:
            split, _, _ = parse_row(line.text, columns)
        except BadLine as error:
            faults.add(f"{uri}, line {line.number}", str(error))
            continue
        rows.append((split, (line.start, line.end, number)))
    return columns, rows


def parse_row(text: str, columns: dict[str, int]) -> tuple[str, str, str]:
    """Split, class and pixels of a line of the csv. Raises BadLine."""
    try:
        cells = [cell.strip() for cell in next(csv.reader([text]))]
    except csv.Error as error:
        raise BadLine("the line is not a row of csv") from error
    if len(cells) != len(columns):
        raise BadLine(f"there are not {len(columns)} values")
    number, split = cells[columns["emotion"]], SPLITS.get(cells[columns["usage"]].lower())
    if number not in map(str, range(len(CLASSES))):
        raise BadLine(f"the emotion is not a number from 0 to {len(CLASSES) - 1}")
    if split is None:
        raise BadLine("the usage is not Training, PublicTest or PrivateTest")
    if cells[columns["pixels"]].count(" ") < SIDE * SIDE - 1:
        raise BadLine(f"there are fewer than {SIDE * SIDE} pixels")
    return split, CLASSES[int(number)], cells[columns["pixels"]]
