"""Aff-Wild2 as distributed for ABAW1 (FG 2020), and in the vocabularies of the later challenges.

``annotations/<set>/<split>/<video>[_left|_right].txt`` beside raw videos in ``batch1/``, ``batch2/`` and so on, or
beside given crops, ``cropped_aligned/<video>[_left|_right]/00001.jpg``. The first line of a file names its columns,
line n after it (counted from 0) belongs to decoded frame n, and that is crop n + 1; a number that is missing is a
frame in which no face was found.

A video may lie in one split of one set and in another split of another. All its labels then belong to the most
held-out of them (test before validation before train), so that nobody is both learnt from and tested on.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

from affect import storage
from affect.corpora.annotation_file import read_annotation
from affect.corpora.corpus import PERSONS, Clip, FrameLabels, Still
from affect.corpora.finding import VIDEO_SUFFIXES, base_name, files_in, folders_below, stem
from affect.corpora.numbered import frame_stills, numbered_files
from affect.corpora.splits import SPLITS, split_named
from affect.errors import AffectError

logger = logging.getLogger("affect")

RATE = 30.0
"""Frames a second, for crops (EXT 2018, section II: all videos were converted to 30)."""


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

    The given crops are read with ``crops`` or where there are no raw videos at all, otherwise the videos, which have
    the sound. Each folder of crops is a clip of its own with one person, the main one: "a_left" is a clip's name then.
    ``synthetic`` is true only for a corpus whose corpus.json says so.
    """

    def __init__(self, root: str, name: str = "aff-wild2", crops: bool = False) -> None:
        self.root = storage.absolute(root)
        self.name = name
        annotations = _find_annotations(self.root)
        if not annotations:
            raise AffectError(
                f"{self.root} has no annotations of Aff-Wild2; expected are {EXPECTED}. The corpus is had from its "
                "authors (https://ibug.doc.ic.ac.uk/resources/aff-wild2/); jobs.make_sample makes a synthetic one"
            )
        videos, self._faults = _find_videos(self.root)
        folders = find_crops(self.root) if crops or not videos else {}
        if crops and not folders:
            raise AffectError(f"{self.root} has no crops; expected are cropped_aligned/<video>/00001.jpg and so on")
        self.cropped = bool(folders)
        self._media = folders or videos
        splits: dict[str, str] = {}
        self._splits: dict[str, str] = {}
        self._files: dict[str, dict[str, list[_Annotation]]] = defaultdict(lambda: defaultdict(list))
        orphans: dict[str, list[str]] = defaultdict(list)
        for annotation in annotations:
            video, person = whom(annotation.name, {} if self.cropped else videos)
            splits[video] = max(splits.get(video, "train"), annotation.split, key=SPLITS.index)
            media = annotation.name if self.cropped else video
            if media not in self._media:
                orphans[media].append(annotation.path)
                continue
            self._files[media][person].append(annotation)
        self._files = {media: dict(persons) for media, persons in self._files.items()}
        for media in self._files:
            self._splits[media] = splits[whom(media, {} if self.cropped else videos)[0]]
        what = "crops" if self.cropped else "video"
        self._faults += [(video, f"no {what} for {', '.join(paths)}") for video, paths in sorted(orphans.items())]
        self._faults += [(name, "no annotation in any set") for name in sorted(self._media) if name not in self._files]
        for video, reason in self._faults:
            logger.warning("%s: %s: %s", self.name, video, reason)
        index = _read_index(self.root)
        self.synthetic = bool(index.get("synthetic", False))
        self._subjects: dict[str, dict[str, str]] = index.get("videos", {})

    def clips(self) -> Iterator[Clip]:
        """A clip per annotated raw video, or per folder of crops, in order of name."""
        for video in sorted(self._files):
            sides = tuple(sorted(self._files[video], key=PERSONS.index))
            subjects = self._subjects.get(whom(video, {})[0] if self.cropped else video, {})
            yield Clip(
                corpus=self.name,
                split=self._splits[video],
                video=video,
                media=self._media[video],
                kind="frames" if self.cropped else "video",
                persons=("main",) if self.cropped else sides,
                subjects=tuple(subjects.get(side) for side in sides),
                cropped=self.cropped,
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """The labels of each person; sets of different length are filled up with unannotated frames."""
        labels = {person: _join(annotations) for person, annotations in self._files[clip.video].items()}
        return dict(zip(clip.persons, labels.values(), strict=True)) if self.cropped else labels

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The given crops of a clip that consists of them."""
        return frame_stills(numbered_files(clip.media), RATE, first=1)

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
    """Every annotation file; the folder above the sets may be named as any of the challenges' archives."""
    found: list[_Annotation] = []
    bases = [name for name in storage.list_folders(root) if "annotation" in name.lower()]
    sets = [(base, name) for base in bases for name in storage.list_folders(storage.join(root, base))]
    for above, set_name in sets:
        kind = set_name.split("_")[0].lower()
        if kind not in ("va", "expr", "au"):
            path = storage.join(root, above, set_name)
            logger.warning("%s is not one of the sets VA, EXPR and AU and is not read", path)
            continue
        for split_name in storage.list_folders(storage.join(root, above, set_name)):
            folder = storage.join(root, above, set_name, split_name)
            split = split_named(split_name)
            if split is None:
                logger.warning("%s is not a training, validation or test set and is not read", folder)
                continue
            found += [_Annotation(kind, split, stem(file), file) for file in files_in(folder, (".txt",)) if stem(file)]
    return found


def _find_videos(root: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Raw videos by name, and the faults met. Crops, which some copies hold by the million, are not listed."""
    videos: dict[str, str] = {}
    faults = []
    for folder in folders_below(root, 1):
        if "annotation" in base_name(folder).lower() or base_name(folder).startswith("cropped"):
            continue
        for file in files_in(folder, VIDEO_SUFFIXES):
            if stem(file) in videos:
                faults.append((stem(file), f"{file} has the name of {videos[stem(file)]} and is not read"))
            videos.setdefault(stem(file), file)
    return videos, faults


def find_crops(root: str) -> dict[str, str]:
    """Folders of given crops by name, without looking into them; aligned ones where there are any."""
    tops = [folder for folder in folders_below(root, 1) if base_name(folder).startswith("cropped")]
    for top in sorted(tops, key=lambda folder: not base_name(folder).startswith("cropped_aligned")):
        names = [folder for folder in folders_below(top, 3, _holds_folders) if not _holds_folders(base_name(folder))]
        if names:
            return {base_name(folder): folder for folder in names}
    return {}


def _holds_folders(name: str) -> bool:
    return name.lower().startswith(("batch", "cropped"))


def whom(name: str, videos: Container[str]) -> tuple[str, str]:
    """The video and the person that the name of an annotation file or of a folder of crops stands for."""
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
