"""The corpora by name, and how to open one where it lies."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from affect.corpora.afew import Afew
from affect.corpora.afew_va import AfewVa
from affect.corpora.aff_wild import AffWild
from affect.corpora.aff_wild2 import AffWild2
from affect.corpora.aff_wild2_mtl import AffWild2Mtl
from affect.corpora.affectnet import AffectNet
from affect.corpora.bp4d import Bp4d
from affect.corpora.corpus import Clip, Corpus, FrameLabels
from affect.corpora.disfa import Disfa
from affect.corpora.emotionet import EmotioNet
from affect.corpora.fer2013 import Fer2013
from affect.corpora.folder import Folder
from affect.corpora.identities import Identities
from affect.corpora.imfdb import Imfdb
from affect.corpora.raf_db import RafDb
from affect.corpora.recola import Recola
from affect.errors import AffectError
from affect.registry import look_up

CORPORA: dict[str, Callable[..., Corpus]] = {
    "aff-wild": AffWild,
    "aff-wild2": AffWild2,
    "aff-wild2-crops": partial(AffWild2, crops=True),
    "aff-wild2-mtl": AffWild2Mtl,
    "disfa": Disfa,
    "bp4d": Bp4d,
    "bp4d-plus": partial(Bp4d, name="bp4d-plus", fera2015=False),
    "afew": Afew,
    "afew-crops": partial(Afew, crops=True),
    "afew-va": AfewVa,
    "recola": Recola,
    "affectnet": AffectNet,
    "raf-db": RafDb,
    "raf-db-compound": partial(RafDb, compound=True),
    "fer2013": Fer2013,
    "imfdb": Imfdb,
    "emotionet": EmotioNet,
    "emotionet-compound": partial(EmotioNet, emotions=True),
    "vggface": partial(Identities, name="vggface"),
    "vggface2": partial(Identities, name="vggface2"),
    "identities": Identities,
    "sample": partial(AffWild2, name="sample"),
    "sample-identities": partial(Identities, name="sample-identities"),
    "folder": Folder,
}


def open_corpus(name: str, root: str, options: Mapping[str, Any] | None = None) -> Corpus:
    """The corpus ``name`` that lies at ``root``, read with ``options`` of its reader.

    Raises AffectError for an unknown name or option, or an unfit folder.
    """
    reader = look_up(CORPORA, name, "corpus")
    known = dict.fromkeys(options_of(name))
    for option in options or {}:
        look_up(known, option, f"option of the corpus {name}")
    try:
        return reader(root, **(options or {}))
    except NotADirectoryError as error:
        raise AffectError(f"{root} is a file; give the folder that the corpus {name} lies in") from error


def options_of(name: str) -> list[str]:
    """What can be chosen about how the corpus ``name`` is read."""
    fixed = {"root", "name", *getattr(CORPORA[name], "keywords", {})}
    return [option for option in inspect.signature(CORPORA[name]).parameters if option not in fixed]


__all__ = ["CORPORA", "Clip", "Corpus", "FrameLabels", "open_corpus", "options_of"]
