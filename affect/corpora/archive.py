"""The files of a folder or of a .zip file, through one interface."""

import posixpath
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.finding import PICTURE_SUFFIXES, is_foreign
from affect.errors import AffectError
from affect.media.pictures import decode_picture


class Archive:
    """The files below the folder or within the .zip file at ``uri``, local or S3, by their paths in it.

    Small and picklable; a .zip file is opened when it is first needed and read in place.
    """

    def __init__(self, uri: str) -> None:
        self.uri = storage.absolute(uri)
        self._zip: zipfile.ZipFile | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_zip": None}

    def names(self, suffixes: tuple[str, ...] = PICTURE_SUFFIXES) -> list[str]:
        """Paths of the files with these suffixes in any case, sorted. Other programs' are left out.

        Those begin with a dot (unfinished copies, macOS's "._" files) or lie in __MACOSX. Raises AffectError for a
        broken .zip file.
        """
        if self.uri.lower().endswith(".zip"):
            names = self._opened().namelist()
        else:
            prefix = self.uri.rstrip("/") + "/"
            names = [file.removeprefix(prefix) for file in storage.list_files(self.uri)]
        wanted = [name for name in names if name.lower().endswith(suffixes) and is_inside(name)]
        return sorted(name for name in wanted if not any(map(is_foreign, name.split("/"))))

    def read(self, name: str) -> bytes:
        """The bytes of a file. Raises AffectError naming it where it is not there or cannot be read."""
        if not self.uri.lower().endswith(".zip"):
            return storage.read_bytes(storage.join(self.uri, name))
        try:
            return self._opened().read(name)
        except KeyError as error:
            raise AffectError(f"{self.uri} has no {name}") from error
        # zipfile's ways to say that a file is damaged, of an unknown compression (NotImplementedError) or encrypted
        # (RuntimeError).
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise AffectError(f"{name} in {self.uri} cannot be read ({error}); get the archive again") from error

    def picture(self, name: str) -> NDArray[np.uint8]:
        """A picture, RGB (H, W, 3), upright. Raises AffectError naming a file that is none."""
        data = self.read(name)
        try:
            return decode_picture(data)
        except AffectError as error:
            raise AffectError(f"{storage.join(self.uri, name)}: {error}") from error

    def _opened(self) -> zipfile.ZipFile:
        if self._zip is None:
            filesystem, path = storage.resolve(self.uri)
            try:
                self._zip = zipfile.ZipFile(filesystem.open_input_file(path))
            except FileNotFoundError as error:
                raise AffectError(f"{self.uri} does not exist") from error
            # NotImplementedError: damaged bytes may ask for a later version of the format.
            except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
                raise AffectError(f"{self.uri} is not a whole .zip file ({error}); get it again") from error
        return self._zip


def find_archive(*places: str) -> Archive | None:
    """The first of ``places`` that is there, as a folder or, with ".zip" after its name, packed."""
    for place in places:
        for uri in (place, f"{place}.zip"):
            if storage.exists(uri):
                return Archive(uri)
    return None


def is_inside(name: str) -> bool:
    """Whether a path that a list or an archive gives stays below the folder it is meant for."""
    return bool(name) and "\0" not in name and not name.startswith("/") and ".." not in name.split("/")


def by_base_name(names: list[str]) -> dict[str, str]:
    """Paths by their last part; of several with one last part the first."""
    return {posixpath.basename(name): name for name in reversed(names)}
