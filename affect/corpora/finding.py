"""Finding what a folder holds: videos of every kind, and a corpus without listing every picture in it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from affect import storage

VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".flv", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".3gp",
)  # fmt: skip
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


def files_below(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    """As ``files_in``, at any depth."""
    base = storage.absolute(folder).rstrip("/")
    paths = [PurePosixPath(uri.removeprefix(base + "/")) for uri in storage.list_files(base)]
    found = [path for path in paths if path.suffix.lower() in suffixes and not any(map(is_foreign, path.parts))]
    return [storage.join(base, str(path)) for path in found]


def by_stem(files: Iterable[str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """URIs by their ``stem``, in its order, and those whose stem another has already, with that as the reason."""
    found: dict[str, str] = {}
    doubles = []
    for uri in files:
        if (name := stem(uri)) in found:
            doubles.append((uri, f"has the name of {found[name]} and is not used"))
        found.setdefault(name, uri)
    return dict(sorted(found.items())), doubles


def base_name(uri: str) -> str:
    """The last part of a URI."""
    return PurePosixPath(uri).name


def stem(uri: str) -> str:
    """The last part of a URI without its suffix."""
    return PurePosixPath(uri).stem
