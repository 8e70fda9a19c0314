"""Finding what a corpus holds without listing every picture in it."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from affect import storage

VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".wmv")
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")


def is_foreign(name: str) -> bool:
    """Whether a name is some other program's: unfinished copies, macOS's "._" files and its __MACOSX folder."""
    return name.startswith((".", "__MACOSX"))


def folders_below(root: str, depth: int, enter: Callable[[str], bool] = lambda _: True) -> Iterator[str]:
    """URIs of the folders at most ``depth`` levels below ``root``, parents first, in order of name.

    A folder for whose name ``enter`` is false is given, but what it holds is not looked at.
    """
    for name in storage.list_folders(root):
        if is_foreign(name):
            continue
        uri = storage.join(root, name)
        yield uri
        if depth > 1 and enter(name):
            yield from folders_below(uri, depth - 1, enter)


def files_in(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    """URIs of the files directly in ``folder`` that end so, in any case, sorted; other programs' are left out."""
    paths = map(PurePosixPath, storage.list_files(folder, recursive=False))
    found = [path for path in paths if path.suffix.lower() in suffixes and not is_foreign(path.name)]
    return [storage.join(folder, path.name) for path in found]


def base_name(uri: str) -> str:
    """The last part of a URI."""
    return PurePosixPath(uri).name


def stem(uri: str) -> str:
    """The last part of a URI without its suffix."""
    return PurePosixPath(uri).stem
