"""A plain folder of videos and pictures, without labels."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from affect import storage
from affect.corpora.corpus import Clip, FrameLabels
from affect.errors import AffectError

VIDEOS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")

SPLIT = "unlabelled"


class Folder:
    """Every video and picture at any depth below ``root``; everyone seen is followed."""

    name = "folder"
    synthetic = False

    def __init__(self, root: str) -> None:
        self.root = storage.absolute(root)

    def clips(self) -> Iterator[Clip]:
        """A clip per file, in order of path. Raises AffectError when there is none."""
        prefix = self.root.rstrip("/") + "/"
        files = [PurePosixPath(uri.removeprefix(prefix)) for uri in storage.list_files(self.root)]
        # Names that begin with a dot are other programs' (unfinished copies, macOS's "._" files).
        media = [file for file in files if file.suffix.lower() in VIDEOS + PICTURES and not file.name.startswith(".")]
        if not media:
            raise AffectError(
                f"{self.root} holds no video ({' '.join(VIDEOS)}) and no picture ({' '.join(PICTURES)}); check the path"
            )
        names = Counter(_flat(file.with_suffix("")) for file in media)
        taken: Counter[str] = Counter()
        for file in media:
            name = _flat(file.with_suffix(""))
            video = name if names[name] == 1 else _flat(file)
            taken[video] += 1
            yield Clip(
                corpus=self.name,
                split=SPLIT,
                video=video if taken[video] == 1 else f"{video}__{taken[video]}",
                media=storage.join(self.root, str(file)),
                kind="video" if file.suffix.lower() in VIDEOS else "picture",
                persons=(),
                subjects=(),
            )

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:  # noqa: ARG002 - the Corpus protocol's
        """None: a folder has no labels."""
        return {}


def _flat(path: PurePosixPath) -> str:
    return "__".join(path.parts)
