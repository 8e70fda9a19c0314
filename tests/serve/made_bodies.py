"""Pictures and what is none, as bodies of requests."""

import struct
import zlib

import numpy as np

from tests.made_pictures import encode


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG with any size in its header, whatever its data."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def grey(height: int, width: int = 8) -> bytes:
    """A whole PNG of this size."""
    return encode(np.full((height, width, 3), 90, np.uint8), "PNG")


SMALL = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
JPEG, PNG, WEBP = encode(SMALL, "JPEG"), encode(SMALL, "PNG"), encode(SMALL, "WEBP")

BOUNDARY = "made-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def form(*parts: bytes, name: str = "picture", end: str = "--") -> bytes:
    """A multipart body, as it goes over the wire."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n\r\n'.encode()
    return b"".join(head + part + b"\r\n" for part in parts) + f"--{BOUNDARY}{end}\r\n".encode()
