"""Aff-Wild2 as distributed for ABAW1 (FG 2020), and in the vocabularies of the later challenges.

``annotations/<set>/<split>/<video>[_left|_right].txt`` beside raw videos in ``batch1/``, ``batch2/`` and so on. The
first line of a file names its columns, line n after it (counted from 0) belongs to decoded frame n.

A video may lie in one split of one set and in another split of another. All its labels then belong to the most
held-out of them (test before validation before train), so that nobody is both learnt from and tested on.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from affect import storage
from affect.corpora.annotation_file import read_annotation
from affect.corpora.corpus import Clip, FrameLabels
from affect.errors import AffectError

logger = logging.getLogger("affect")

VIDEO_SUFFIXES = (".mp4", ".avi")

SPLITS = ("train", "validation", "test")
"""From the least to the most held-out."""

SPLIT_FOLDERS = {"train": "train", "valid": "validation", "test": "test"}
"""Splits by how the names of their folders begin, in small letters."""

PERSONS = ("main", "left", "right")

EXPECTED = (
    "annotations/{VA_Set,EXPR_Set,AU_Set}/{Training_Set,Validation_Set}/<video>.txt and the videos in batch1/, batch2/"
)


@dataclass(frozen=True)
class _Annotation:
    """Where one annotation file lies and what its place says."""

    kind: str  # va, expr, au
    split: str
    name: str
    path: str


class AffWild2:
    """Reader of Aff-Wild2 at ``root``. Raises AffectError where there are no annotations.

    ``synthetic`` is true only for a corpus whose corpus.json says so.
    """

    def __init__(self, root: str, name: str = "aff-wild2") -> None:
        self.root = storage.absolute(root)
        self.name = name
        annotations = _find_annotations(self.root)
        if not annotations:
            raise AffectError(
                f"{self.root} has no annotations of Aff-Wild2; expected are {EXPECTED}. The corpus is had from its "
                "authors (https://ibug.doc.ic.ac.uk/resources/aff-wild2/); jobs.make_sample makes a synthetic one"
            )
        videos, self._faults = _find_videos(self.root)
        self._media = videos
        self._splits: dict[str, str] = {}
        self._files: dict[str, dict[str, list[_Annotation]]] = defaultdict(lambda: defaultdict(list))
        orphans: dict[str, list[str]] = defaultdict(list)
        for annotation in annotations:
            video, person = _whom(annotation.name, videos)
            if video not in videos:
                orphans[video].append(annotation.path)
                continue
            self._files[video][person].append(annotation)
            self._splits[video] = max(self._splits.get(video, "train"), annotation.split, key=SPLITS.index)
        self._files = {video: dict(persons) for video, persons in self._files.items()}
        self._faults += [(video, f"no video for {', '.join(paths)}") for video, paths in sorted(orphans.items())]
        self._faults += [(video, "no annotation in any set") for video in sorted(videos) if video not in self._files]
        for video, reason in self._faults:
            logger.warning("%s: %s: %s", self.name, video, reason)
        index = _read_index(self.root)
        self.synthetic = bool(index.get("synthetic", False))
        self._subjects: dict[str, dict[str, str]] = index.get("videos", {})

    def clips(self) -> Iterator[Clip]:
        """A clip per annotated raw video, in order of name."""
        for video in sorted(self._files):
            persons = tuple(sorted(self._files[video], key=PERSONS.index))
            subjects = self._subjects.get(video, {})
            yield Clip(
                corpus=self.name,
                split=self._splits[video],
                video=video,
                media=self._media[video],
                kind="video",
                persons=persons,
                subjects=tuple(subjects.get(person) for person in persons),
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """The labels of each person; sets of different length are filled up with unannotated frames."""
        return {person: _join(annotations) for person, annotations in self._files[clip.video].items()}

    def faults(self) -> list[tuple[str, str]]:
        """Names of videos that yield no clip, with the reason."""
        return list(self._faults)


def _join(annotations: list[_Annotation]) -> FrameLabels:
    """The labels of one person from all sets. Where a set knows the video twice, the most held-out file counts."""
    ranked = sorted(annotations, key=lambda annotation: SPLITS.index(annotation.split))
    chosen = {annotation.kind: annotation.path for annotation in ranked}
    columns = {kind: read_annotation(path, kind) for kind, path in chosen.items()}
    joined = FrameLabels.unannotated(max(map(len, columns.values())))
    for kind, values in columns.items():
        if kind == "va":
            joined.valence[: len(values)], joined.arousal[: len(values)] = values.T
        else:
            (joined.expression if kind == "expr" else joined.action_units)[: len(values)] = values
    return joined


def _find_annotations(root: str) -> list[_Annotation]:
    found: list[_Annotation] = []
    base = storage.join(root, "annotations")
    for set_name in storage.list_folders(base):
        kind = set_name.split("_")[0].lower()
        if kind not in ("va", "expr", "au"):
            logger.warning("%s is not one of the sets VA, EXPR and AU and is not read", storage.join(base, set_name))
            continue
        for split_name in storage.list_folders(storage.join(base, set_name)):
            folder = storage.join(base, set_name, split_name)
            split = next(
                (split for begin, split in SPLIT_FOLDERS.items() if split_name.lower().startswith(begin)), None
            )
            if split is None:
                logger.warning("%s is not a training, validation or test set and is not read", folder)
                continue
            for file in storage.list_files(folder, ".txt", recursive=False):
                name = PurePosixPath(file).name.removesuffix(".txt")
                if name and not name.startswith("."):
                    found.append(_Annotation(kind, split, name, file))
    return found


def _find_videos(root: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Raw videos by name, and the faults met. Crops, which some copies hold by the million, are not listed."""
    videos: dict[str, str] = {}
    faults = []
    for folder in storage.list_folders(root):
        if folder == "annotations" or folder.startswith("cropped"):
            continue
        for file in storage.list_files(storage.join(root, folder), recursive=False):
            path = PurePosixPath(file)
            if path.suffix.lower() not in VIDEO_SUFFIXES or path.name.startswith("."):
                continue
            if path.stem in videos:
                faults.append((path.stem, f"{file} has the name of {videos[path.stem]} and is not read"))
            else:
                videos[path.stem] = file
    return videos, faults


def _whom(name: str, videos: dict[str, str]) -> tuple[str, str]:
    """The video and the person that an annotation file's name stands for."""
    video, separator, side = name.rpartition("_")
    if name not in videos and separator and side in ("left", "right"):
        return video, side
    return name, "main"


def _read_index(root: str) -> dict[str, Any]:
    """Content of corpus.json, which only the sample corpus has."""
    uri = storage.join(root, "corpus.json")
    if not storage.exists(uri):
        return {}
    try:
        index = json.loads(storage.read_bytes(uri))
    except ValueError as error:
        raise AffectError(f"{uri} is not valid JSON ({error}); make the corpus again or delete the file") from error
    if not isinstance(index, dict) or not isinstance(index.get("videos", {}), dict):
        raise AffectError(f"{uri} does not describe a corpus; make the corpus again or delete the file")
    return index
