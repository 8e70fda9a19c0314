"""Multipart forms: parts that are pictures are read into memory alone; a video goes where it is told."""

from collections.abc import Callable

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from serve.problems import ProblemError

FORM = "multipart/form-data"
PART = "picture"
VIDEO_PART = "file"

Parts = list[bytearray | None]
"""What each part holds, in order; None for one that holds too much."""


async def read_form(request: Request, most: int, each: int, total: int) -> Parts:
    """The parts of the form in the body: ``most`` of them, of ``each`` bytes, ``total`` bytes with all around them.

    Raises form_invalid, too_many_pictures or body_too_large.
    """
    reader = _Reader(most, each)
    await _parse(request, reader, total)
    return reader.parts


async def read_one_part(request: Request, write: Callable[[bytes], object], total: int) -> None:
    """Write the only part of the form in the body, of ``total`` bytes with all around it.

    Raises form_invalid or body_too_large.
    """
    reader = _Writer(write)
    await _parse(request, reader, total)
    if not reader.parts:
        raise ProblemError("form_invalid", f"the form holds no part; send one part '{VIDEO_PART}'")


async def _parse(request: Request, reader: "_Reader", total: int) -> None:
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary")
    if not boundary:
        raise ProblemError("form_invalid", "the Content-Type of the form names no boundary")
    received = 0
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_headers_finished": reader.headers_end,
                "on_part_data": reader.data,
                "on_end": reader.end,
            },
        )
        async for chunk in request.stream():
            received += len(chunk)
            if received > total:
                raise ProblemError("body_too_large", f"the form has more than {total:,} bytes; send less")
            parser.write(chunk)
    except FormParserError as error:
        raise ProblemError("form_invalid", "the form cannot be read; is it cut short?") from error
    if not reader.whole:
        raise ProblemError("form_invalid", "the form is cut short: its last boundary is missing")


class _Reader:
    """Gathers parts as the parser meets them."""

    named = PART

    def __init__(self, most: int, each: int) -> None:
        self.most, self.each = most, each
        self.parts: Parts = []
        self.whole = False
        self.name = bytearray()
        self.value = bytearray()
        self.headers: dict[bytes, bytes] = {}

    def begin(self) -> None:
        self.headers = {}
        self.parts.append(bytearray())

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        self.headers[bytes(self.name).lower()] = bytes(self.value)
        self.name.clear()
        self.value.clear()

    def headers_end(self) -> None:
        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        if options.get(b"name") != self.named.encode():
            raise ProblemError("form_invalid", f"a part of the form is not named '{self.named}'")
        if len(self.parts) > self.most:
            raise ProblemError("too_many_pictures", f"one call takes {self.most}; send the others in another one")

    def data(self, data: bytes, start: int, end: int) -> None:
        part = self.parts[-1]
        if part is not None:
            part += data[start:end]
            if len(part) > self.each:
                self.parts[-1] = None

    def end(self) -> None:
        self.whole = True


class _Writer(_Reader):
    """Hands the only part on as it comes."""

    named = VIDEO_PART

    def __init__(self, write: Callable[[bytes], object]) -> None:
        super().__init__(most=1, each=0)
        self.write = write

    def begin(self) -> None:
        if self.parts:
            raise ProblemError("form_invalid", f"the form has more than one part; send one part '{self.named}'")
        super().begin()

    def data(self, data: bytes, start: int, end: int) -> None:
        self.write(data[start:end])
