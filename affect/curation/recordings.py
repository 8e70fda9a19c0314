"""The raw recordings of a folder."""

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from affect import storage
from affect.corpora.finding import VIDEO_SUFFIXES, files_below
from affect.errors import AffectError


@dataclass(frozen=True)
class Recording:
    """A raw video file. ``name`` is unique among its kind and what its clips are called after."""

    name: str
    path: str
    """Below the root."""
    uri: str


def list_recordings(root: str) -> list[Recording]:
    """Every video at any depth below ``root``, in order of path. Raises AffectError when there is none."""
    base = storage.absolute(root).rstrip("/")
    videos = [PurePosixPath(uri.removeprefix(base + "/")) for uri in files_below(base, VIDEO_SUFFIXES)]
    if not videos:
        raise AffectError(f"{root} holds no video ({' '.join(VIDEO_SUFFIXES)}); check the path")
    short = Counter(_flat(path.with_suffix("")) for path in videos)
    names = [_flat(path.with_suffix("") if short[_flat(path.with_suffix(""))] == 1 else path) for path in videos]
    taken: Counter[str] = Counter()
    recordings = []
    for path, name in zip(videos, names, strict=True):
        taken[name] += 1
        unique = name if taken[name] == 1 else f"{name}__{taken[name]}"
        recordings.append(Recording(unique, str(path), storage.join(base, str(path))))
    return recordings


def _flat(path: PurePosixPath) -> str:
    return "__".join(path.parts)
