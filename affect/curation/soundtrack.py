"""The form of a recording's sound in its clips: its own rate and channels where AAC has them."""

from dataclasses import dataclass
from pathlib import Path

from affect.media.video import open_media

AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Up to 48 kHz, which every player takes; other rates become 48 kHz."""


@dataclass(frozen=True)
class SoundForm:
    rate: int
    layout: str
    """``mono`` or ``stereo``, which more channels are mixed down to."""


def sound_form(media: Path) -> SoundForm | None:
    """Of a file; None where it has no sound."""
    with open_media(media) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        rate = stream.rate if stream.rate in AAC_RATES else AAC_RATES[-1]
        return SoundForm(rate, "mono" if stream.channels == 1 else "stereo")
