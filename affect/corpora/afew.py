"""AFEW, the corpus of the EmotiW challenges: clips of films, each with one expression for the whole of it.

``Train/Angry/000046280.avi``, ``Val/...``; later editions have ``Train_AFEW/...`` and ``Val_AFEW/...``, and beside the
expressions ``AlignedFaces_LBPTOP_Points/Faces/000046280/0000001.jpg``, grey crops of the face. The test set has no
labels. The same name in Train and in Val is another part of the film: videos here are named by split and name.
"""

from collections.abc import Iterator

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.corpora.finding import VIDEO_SUFFIXES, base_name, files_in, folders_below, is_foreign, stem
from affect.corpora.numbered import first_number, frame_stills, numbered_files
from affect.corpora.splits import split_named
from affect.corpora.video_facts import frame_count
from affect.errors import AffectError
from affect.labels import EXPRESSIONS

RATE = 25.0
"""Frames a second of the clips."""

EXPRESSION_FOLDERS = {
    "neutral": "neutral",
    "angry": "anger",
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "happiness": "happiness",
    "sad": "sadness",
    "sadness": "sadness",
    "surprise": "surprise",
}
"""Expressions by their folders' names in small letters."""

_CROPS = "alignedfaces"
_FACES = "faces"
_OTHER_PARTS = ("lbptop", "points")


class Afew:
    """Reader of AFEW at ``root``. Raises AffectError where there are no clips in folders of expressions.

    Every frame of a clip has the clip's expression: it is a video's label, to be judged by video. The given crops are
    read with ``crops`` (the challenge's participants used them, IJCV 2019, section 5.2), or where a clip has no video;
    otherwise faces are looked for in the videos, which gives the same alignment as in other corpora.
    """

    name = "afew"
    synthetic = False

    def __init__(self, root: str, crops: bool = False) -> None:
        self.root = storage.absolute(root)
        self._expressions: dict[str, str] = {}
        self._splits: dict[str, str] = {}
        self._videos: dict[str, str] = {}
        self._crops: dict[str, str] = {}
        self._faults: list[tuple[str, str]] = []
        for name in storage.list_folders(self.root):
            split, folder = split_named(name), storage.join(self.root, name)
            if split == "test":
                self._faults.append((name, f"{len(_videos_below(folder))} videos without labels are not read"))
            elif split is not None and not is_foreign(name):
                self._find_videos(folder, split)
                self._find_crops(folder, split)
        self._media = self._videos | self._crops if crops else self._crops | self._videos
        for video in sorted(set(self._media) - set(self._expressions)):
            self._faults.append((video, f"{self._media.pop(video)} has crops of a clip whose expression is not known"))
        if not self._media:
            raise AffectError(
                f"{self.root} has no clips of AFEW; expected are Train/Angry/<clip>.avi and so on, or Train_AFEW/..., "
                "and Val. The corpus is had from the organisers of the EmotiW challenges"
            )

    def clips(self) -> Iterator[Clip]:
        """A clip per video with an expression, in order of split and name."""
        for video, media in sorted(self._media.items()):
            cropped = self._crops.get(video) == media
            yield Clip(
                corpus=self.name,
                split=self._splits[video],
                video=video,
                media=media,
                kind="frames" if cropped else "video",
                persons=("main",),
                subjects=(None,),
                cropped=cropped,
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        """The clip's expression for every frame; reads the video to count them."""
        if clip.kind == "video":
            frames = frame_count(clip.media)
        else:
            pictures = numbered_files(clip.media)
            frames = max(pictures, default=-1) + 1 - (first_number(pictures) if pictures else 0)
        labels = FrameLabels.unannotated(frames)
        labels.expression[:] = EXPRESSIONS.index(self._expressions[clip.video])
        return {"main": labels}

    def stills(self, clip: Clip) -> Iterator[Still]:
        """The given crops of a clip."""
        pictures = numbered_files(clip.media)
        return frame_stills(pictures, RATE, first_number(pictures))

    def faults(self) -> list[tuple[str, str]]:
        """The test set, clips of two expressions, and crops without an expression."""
        return list(self._faults)

    def _find_videos(self, folder: str, split: str) -> None:
        for name in storage.list_folders(folder):
            expression = EXPRESSION_FOLDERS.get(name.lower())
            for file in files_in(storage.join(folder, name), VIDEO_SUFFIXES) if expression else []:
                video = f"{split}_{stem(file)}"
                if video in self._videos:
                    self._faults.append((video, f"{file} has the name of {self._videos[video]} and is not read"))
                    continue
                self._videos[video] = file
                self._note(video, split, expression)

    def _find_crops(self, folder: str, split: str) -> None:
        """Folders of crops lie below the aligned faces: under Faces, under the expressions, or under both."""
        for top in folders_below(folder, 1):
            if not base_name(top).lower().startswith(_CROPS):
                continue
            for crops in folders_below(top, 4, _is_container):
                name = base_name(crops)
                if _is_container(name) or name.lower() in _OTHER_PARTS:
                    continue
                self._crops[f"{split}_{name}"] = crops
                self._note(f"{split}_{name}", split, EXPRESSION_FOLDERS.get(base_name(crops.rsplit("/", 1)[0]).lower()))

    def _note(self, video: str, split: str, expression: str | None) -> None:
        self._splits[video] = split
        if expression is not None:
            self._expressions.setdefault(video, expression)


def _is_container(name: str) -> bool:
    lower = name.lower()
    return lower.startswith(_CROPS) or lower == _FACES or lower in EXPRESSION_FOLDERS


def _videos_below(folder: str) -> list[str]:
    folders = [folder, *folders_below(folder, 2)]
    return [file for one in folders for file in files_in(one, VIDEO_SUFFIXES)]
