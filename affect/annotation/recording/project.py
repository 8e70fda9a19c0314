"""A folder of annotations: which videos, by which rules, and where everything lies in it.

Below the project's folder::

    project.yaml                                        settings, the owner's to edit
    guidelines.md                                       what annotators read, the owner's to edit
    recordings/<kind>/<annotator>/<item>/               traces, see ``affect.annotation.recording.sessions``
    seen/<purpose>/<annotator>/<item>.json              what was watched, and what was verified
    stretches/<kind>/<annotator>/<item>.json            expressions and action units
    decisions/<item>.json                               the owner's
    videos/<video>.json                                 facts of a video, read once
    export/                                             what was exported last
"""

import json
import re
import threading
import unicodedata
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pyarrow import fs
from pydantic import Field

from affect import storage
from affect.annotation.traces import BY_FRAME
from affect.configuration import Configuration
from affect.corpora.finding import by_stem, files_below
from affect.errors import AffectError
from affect.labels import VALENCE_AROUSAL
from affect.media.video import frames, length, probe

TRACED = VALENCE_AROUSAL
"""Kinds of annotation that are traces."""

KINDS = (*TRACED, *BY_FRAME)

# Fewer than affect.corpora.finding knows: annotation is done in a browser, and these are what one may play.
VIDEOS = (".mp4", ".m4v", ".webm", ".mov", ".mkv", ".avi")

_ANNOTATOR = re.compile(r"\w(?:[\w .'-]{0,38}[\w.'-])?")


class ProjectSettings(Configuration):
    """``project.yaml``."""

    title: str = "Annotation"
    two_people: tuple[str, ...] = ()
    """Videos of two people, who are annotated as <video>_left and <video>_right, as in Aff-Wild2."""
    watch_first: bool = True
    """Nobody annotates a video before having watched it whole (IJCV 2019, section 3.2)."""
    gap_s: float = Field(default=0.5, gt=0)
    """What may be missing of a trace, at either end and between two of its sessions, and it still is whole."""


@dataclass(frozen=True)
class Item:
    """What is annotated: one person of one video. ``name`` is that of its traces and labels."""

    name: str
    video: str
    person: str
    uri: str


@dataclass(frozen=True)
class VideoFacts:
    """``length_s`` counts from the first frame."""

    length_s: float
    rate: float
    width: int
    height: int


class Project:
    """The folder ``root``, and the ``videos`` that are annotated in it."""

    def __init__(self, root: str, videos: str, settings: ProjectSettings) -> None:
        self.root, self.settings = storage.absolute(root), settings
        self.media, self.set_aside = by_stem(files_below(videos, VIDEOS))
        if not self.media:
            raise AffectError(f"{videos} holds no video ({', '.join(VIDEOS)}); give the folder where they are")
        unknown = sorted(set(settings.two_people) - self.media.keys())
        if unknown:
            raise AffectError(f"two_people of {self.file('project.yaml')} names {unknown[0]!r}, which is no video")
        self.items = {item.name: item for item in self._items()}
        self._facts: dict[str, VideoFacts] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, root: str, videos: str) -> Self:
        """The project at ``root``; what it lacks of settings and guidelines is written first.

        Raises AffectError where the settings are wrong or ``videos`` holds none.
        """
        settings_file, guidelines = storage.join(root, "project.yaml"), storage.join(root, "guidelines.md")
        if storage.exists(settings_file):
            try:
                settings = ProjectSettings.from_yaml(storage.read_text(settings_file))
            except AffectError as error:
                raise AffectError(f"{settings_file}: {error}") from error
        else:
            settings = ProjectSettings()
        project = cls(root, videos, settings)
        if not storage.exists(settings_file):
            storage.write_text(settings_file, settings.to_yaml())
        if not storage.exists(guidelines):
            storage.write_text(guidelines, default_guidelines())
        return project

    def file(self, *parts: str) -> str:
        return storage.join(self.root, *parts)

    def guidelines(self) -> str:
        """In Markdown, as the owner has them now."""
        return storage.read_text(self.file("guidelines.md"))

    def item(self, name: str) -> Item:
        """Raises AffectError for a name that is not listed: no other ever becomes part of a path."""
        if name not in self.items:
            raise AffectError(f"there is no video {name[:80]!r} in this project")
        return self.items[name]

    def facts(self, video: str) -> VideoFacts:
        """Read from the file once, and again when it changes. Raises AffectError where it is no video."""
        with self._lock:
            if video not in self._facts:
                self._facts[video] = self._read_facts(video)
            return self._facts[video]

    def frame_times(self, video: str) -> NDArray[np.float64]:
        """The time stamp (frames,) of every frame, in seconds from the first."""
        with storage.local_copy(self.media[video]) as path:
            return np.array([frame.time_s for frame in frames(path)])

    def _items(self) -> list[Item]:
        items = []
        for video, uri in self.media.items():
            people = ("left", "right") if video in self.settings.two_people else ("main",)
            for person in people:
                name = video if person == "main" else f"{video}_{person}"
                items.append(Item(name, video, person, uri))
        names = [item.name for item in items]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise AffectError(f"{twice} is a video and a person of one of two_people; rename one of them")
        return items

    def _read_facts(self, video: str) -> VideoFacts:
        uri, kept = self.media[video], self.file("videos", f"{video}.json")
        filesystem, path = storage.resolve(uri)
        info = filesystem.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise AffectError(f"{uri} does not exist any more; put it back, or start again without it")
        state = f"{info.size} {info.mtime_ns}"
        if storage.exists(kept):
            known: dict[str, Any] = json.loads(storage.read_text(kept))
            if known.pop("state") == state:
                return VideoFacts(**known)
        try:
            with filesystem.open_input_file(path) as file:
                about = probe(file)
            with filesystem.open_input_file(path) as file:
                facts = VideoFacts(length(file), about.rate or 25.0, about.width, about.height)
        except AffectError as error:
            raise AffectError(f"{uri}: {error}") from error
        storage.write_text(kept, json.dumps(asdict(facts) | {"state": state}))
        return facts


def annotator_name(text: str) -> str:
    """The name as files bear it. Raises AffectError where it is none: letters, digits, spaces and _ . ' - are."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not _ANNOTATOR.fullmatch(name):
        raise AffectError(
            f"{name[:60]!r} cannot be an annotator's name; give up to 40 letters, digits, spaces and _ . ' -"
        )
    return name


def default_guidelines() -> str:
    """Guidelines with cues for both dimensions, for an owner to begin with."""
    return (resources.files("affect.annotation.recording") / "guidelines.md").read_text("utf-8")
