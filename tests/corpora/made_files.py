"""Corpora as they lie on disk, written by tests, with the dirt that real copies have."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from affect.corpora.corpus import Corpus
from tests.made_pictures import encode

Reader = TypeVar("Reader", bound=Corpus)

NEWLINES = ("\n", "\r\n", "\r")


def write_files(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write ``files`` by path below ``root``, text in UTF-8 with its newlines as they are."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def grey_picture(shade: int, form: str = "PNG") -> bytes:
    """A small picture of one shade."""
    return encode(np.full((8, 8, 3), shade, np.uint8), form)


def text_files(blank_lines: bool = False) -> st.SearchStrategy[Callable[[list[str]], bytes]]:
    """Ways to write lines as a file: with any newline, with or without BOM, spaces, and blank lines at the end.

    With ``blank_lines`` also between the lines.
    """

    def written(newline: str, bom: bool, space: str, end: str, between: str) -> Callable[[list[str]], bytes]:
        def write(lines: list[str]) -> bytes:
            gap = newline + between * newline.count("\n")
            return (gap.join(space + line + space for line in lines) + end).encode("utf-8-sig" if bom else "utf-8")

        return write

    return st.builds(
        written,
        st.sampled_from(NEWLINES),
        st.booleans(),
        st.sampled_from(["", " "]),
        st.sampled_from(["", "\n", "\r\n\r\n", " \n\n"]),
        st.sampled_from(["", " \n\n"] if blank_lines else [""]),
    )


def sent(corpus: Reader) -> Reader:
    """``corpus`` as a worker gets it."""
    data = pickle.dumps(corpus)
    assert len(data) < 100_000
    again: Reader = pickle.loads(data)  # noqa: S301 - just written
    return again
