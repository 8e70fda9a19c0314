"""Which rows an evaluation sees, and whether the model can see them."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

from affect import samples
from affect.errors import AffectError
from affect.evaluation.settings import EvaluationConfig
from affect.models.files import ModelDescription
from affect.networks.spec import NetworkSpec
from affect.preprocessing.settings import Preprocessing
from affect.training.index import Sources, corpus_of

PARTS_PER_WORKER = 4
"""So that none waits long for the others at the end."""

ROWS_PER_PART = 8192


@dataclass(frozen=True)
class EvaluationRows:
    """Files of faces in order, with the number of rows of each."""

    files: tuple[str, ...]
    rows: tuple[int, ...]
    corpora: tuple[str, ...]
    synthetic: bool
    fingerprint: str
    """Of all the rows and what they hold: that of another set, or of the same made otherwise, differs."""

    @property
    def count(self) -> int:
        return sum(self.rows)

    def parts(self, workers: int) -> list[Sequence[str]]:
        """The files in order, some at a time: about ROWS_PER_PART rows, fewer where workers would have nothing to do.

        A file, which holds whole videos, is never divided.
        """
        most = min(ROWS_PER_PART, -(-self.count // (workers * PARTS_PER_WORKER)))
        parts: list[list[str]] = [[]]
        held = 0
        for file, rows in zip(self.files, self.rows, strict=True):
            if parts[-1] and held + rows > most:
                parts.append([])
                held = 0
            parts[-1].append(file)
            held += rows
        return list(parts)


def find_rows(config: EvaluationConfig, description: ModelDescription) -> EvaluationRows:
    """The rows that ``config`` names.

    Raises AffectError when there are none, naming what there is, and when they were made otherwise than the model sees.
    """
    there = [file for folder in config.data for file in samples.list_faces(folder)]
    if not there:
        raise AffectError(f"no pre-processed rows in {', '.join(config.data)}; run jobs.preprocess first")
    files = there
    for kind, wanted, place in (("corpus", config.corpus, -3), ("split", config.split, -2)):
        known = sorted({file.rsplit("/", 3)[place] for file in files})
        if wanted and wanted not in known:
            raise AffectError(f"no {kind} {wanted!r} in {', '.join(config.data)}; there is {', '.join(known)}")
        files = [file for file in files if not wanted or file.rsplit("/", 3)[place] == wanted]
    sources, rows, digest = Sources(), [], hashlib.sha256()
    for uri in files:
        opened = samples.open_parquet(uri)
        sources.add(uri, opened)
        rows.append(opened.metadata.num_rows)
        # A footer holds the sizes, extremes and numbers of nulls of all columns.
        footer = io.BytesIO()
        opened.metadata.write_metadata_file(footer)
        digest.update("/".join(uri.rsplit("/", 3)[1:]).encode() + footer.getvalue())
    _seen_alike(sources.preprocessing, description.preprocessing, description.network)
    synthetic = any(made for _, _, made in sources.corpora)
    corpora = tuple(sorted(set(map(corpus_of, files))))
    return EvaluationRows(tuple(files), tuple(rows), corpora, synthetic, digest.hexdigest()[:16])


def _seen_alike(rows: Preprocessing, model: Preprocessing, network: NetworkSpec) -> None:
    """Raise AffectError where what the network is shown was made otherwise than what it was trained on."""
    compared = {"alignment": "image" in network.streams, "sound": "sound" in network.streams}
    for part, matters in compared.items():
        ours, theirs = (getattr(settings, part).model_dump() for settings in (rows, model))
        changed = {key: value for key, value in theirs.items() if ours[key] != value}
        if matters and changed:
            have = ", ".join(f"{part}.{key}={ours[key]}" for key in changed)
            want = " ".join(f"--set {part}.{key}={value}" for key, value in changed.items())
            raise AffectError(f"the rows were made with {have}, the model sees otherwise; run jobs.preprocess {want}")
