"""Pictures, videos and sounds, and what is none, as bodies of requests."""

import struct
import tempfile
import zlib
from fractions import Fraction
from pathlib import Path

import av
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


def media(container: str, video: str | None, sound: str | None) -> bytes:
    """A fifth of a second of a picture that moves and of a tone, by libav's names of container and codecs."""
    with (
        tempfile.NamedTemporaryFile() as file,
        av.open(file.name, "w", format=container, options={"movflags": "faststart"}) as output,
    ):
        pictures = output.add_stream(video, rate=20) if video else None
        if pictures is not None:
            pictures.height, pictures.width = SMALL.shape[:2]
            pictures.pix_fmt = "yuvj420p" if video == "mjpeg" else "yuv420p"
        heard = output.add_stream(sound, rate=48_000, layout="mono") if sound else None
        for number in range(4 if pictures is not None else 0):
            frame = av.VideoFrame.from_ndarray(np.roll(SMALL, 4 * number, axis=1), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 20)
            output.mux(pictures.encode(frame))
        if pictures is not None:
            output.mux(pictures.encode())
        if heard is not None:
            tone = (9_000 * np.sin(np.arange(9_600) / 9)).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48_000, 0
            form = heard.codec_context.format or "s16"
            resampler = av.AudioResampler(form, "mono", 48_000, frame_size=heard.codec_context.frame_size or 1024)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                output.mux(heard.encode(part))
            output.mux(heard.encode())
        output.close()
        return Path(file.name).read_bytes()
