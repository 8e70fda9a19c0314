"""What a corpus holds by its labels and its files' heads, without reading every picture."""

from collections import Counter
from dataclasses import dataclass, field

from affect import storage
from affect.checking.tally import Tally
from affect.corpora.corpus import Clip, Corpus, Still
from affect.corpora.video_facts import frame_count
from affect.errors import AffectError
from affect.media.video import probe

OPENED = 16
"""Of a lot of pictures so many are opened for their size."""


@dataclass(frozen=True)
class VideoFacts:
    """A video as its file, or its folder of frames, tells."""

    split: str
    width: int
    height: int
    rate: float
    """Frames a second."""
    duration_s: float
    persons: int


@dataclass
class Survey:
    """What is known of some clips, or of a whole corpus; ``add`` joins two."""

    tally: Tally = field(default_factory=Tally)
    videos: list[VideoFacts] = field(default_factory=list)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Width and height of the pictures that were opened."""
    faults: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "Survey") -> None:
        self.tally.add(other.tally)
        self.videos += other.videos
        self.sizes += other.sizes
        self.faults += other.faults


def survey_clip(corpus: Corpus, clip: Clip, _index: int = 0) -> Survey:
    """Labels and heads of ``clip``. Never raises: what cannot be read is a fault, and is not counted."""
    survey = Survey()
    for step in (_count_labels, _count_media):
        try:
            step(corpus, clip, survey)
        except (AffectError, OSError) as error:
            survey.faults.append((clip.video, str(error)))
        except Exception as error:  # noqa: BLE001  # one clip of thousands must not end the survey
            survey.faults.append((clip.video, f"unexpected {type(error).__name__}: {error}"))
    return survey


def _count_labels(corpus: Corpus, clip: Clip, survey: Survey) -> None:
    counts = survey.tally.of(clip.split)
    counts.subjects.update(filter(None, clip.subjects))
    counts.add_labels(corpus.labels(clip).values(), video=clip.kind != "pictures")


def _count_media(corpus: Corpus, clip: Clip, survey: Survey) -> None:
    counts, persons = survey.tally.of(clip.split), max(1, len(clip.persons))
    if clip.kind == "video":
        with storage.local_copy(clip.media) as path:
            about, frames = probe(path), frame_count(str(path))
        duration = about.duration_s or (frames / about.rate if about.rate else 0.0)
        survey.videos.append(VideoFacts(clip.split, about.width, about.height, about.rate, duration, persons))
        counts.videos, counts.frames = 1, frames
        return
    stills = list(corpus.stills(clip))
    counts.subjects.update(still.subject for still in stills if still.subject)
    if clip.kind == "pictures":
        counts.pictures = len(stills)
        chosen = stills[:: -(-len(stills) // OPENED)] if stills else []
        survey.sizes.update(size for size in map(_size, chosen) if size)
        return
    counts.videos, counts.frames = 1, len(stills)
    size = next(filter(None, map(_size, stills[:OPENED])), None)
    if size is None:
        raise AffectError(f"none of the first frames of {clip.media} can be read")
    between = stills[-1].frame - stills[0].frame
    rate = between / (stills[-1].time_s - stills[0].time_s) if stills[-1].time_s > stills[0].time_s else 0.0
    duration = (stills[-1].frame + 1) / rate if rate else 0.0
    survey.videos.append(VideoFacts(clip.split, *size, rate, duration, persons))


def _size(still: Still) -> tuple[int, int] | None:
    """Width and height; None of a picture that cannot be read, which is for the check to tell."""
    try:
        height, width = still.load().shape[:2]
    except (AffectError, OSError):
        return None
    return width, height
