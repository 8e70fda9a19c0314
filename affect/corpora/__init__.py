"""The corpora by name, and how to open one where it lies."""

import difflib
from collections.abc import Callable
from functools import partial

from affect.corpora.aff_wild2 import AffWild2
from affect.corpora.corpus import Clip, Corpus, FrameLabels
from affect.corpora.folder import Folder
from affect.errors import AffectError

CORPORA: dict[str, Callable[[str], Corpus]] = {
    "aff-wild2": AffWild2,
    "sample": partial(AffWild2, name="sample"),
    "folder": Folder,
}


def open_corpus(name: str, root: str) -> Corpus:
    """The corpus ``name`` that lies at ``root``. Raises AffectError for an unknown name or an unfit folder."""
    if name not in CORPORA:
        close = difflib.get_close_matches(name, CORPORA, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(CORPORA)}"
        raise AffectError(f"there is no corpus named {name!r}; {hint}")
    return CORPORA[name](root)


__all__ = ["CORPORA", "Clip", "Corpus", "FrameLabels", "open_corpus"]
