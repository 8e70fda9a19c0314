"""Which clips of a corpus are yet to be done, found without decoding anything."""

import csv
import io

from affect import storage
from affect.corpora.corpus import Clip, Corpus
from affect.errors import AffectError
from affect.outstanding import Outstanding, look_at_all
from affect.preprocessing.settings import Preprocessing
from affect.preprocessing.summary import ClipSummary, clip_fingerprint, finished_clip, media_size

COLUMNS = ("corpus", "split", "video", "part", "reason", "media", "fingerprint")


def outstanding(
    corpus: Corpus, folder: str, settings: Preprocessing, listed: dict[str, str]
) -> Outstanding[Clip, ClipSummary]:
    """Look at every clip of ``corpus``; ``listed`` gives the reasons of clips set aside before, by fingerprint."""

    def check(clip: Clip) -> tuple[int, ClipSummary | None]:
        try:
            size = media_size(clip)
            fingerprint = clip_fingerprint(corpus, clip, settings, corpus.labels(clip))
        except AffectError as error:  # a missing file, or labels that cannot be read
            return 0, ClipSummary.of(clip, set_aside=str(error))
        if fingerprint in listed:
            return size, ClipSummary.of(clip, set_aside=listed[fingerprint], fingerprint=fingerprint)
        return size, finished_clip(clip, folder, fingerprint)

    return look_at_all(corpus.clips(), check)


def set_aside_csv(summaries: list[ClipSummary], faults: list[tuple[str, str]]) -> str:
    """The list of what was set aside: clips, sound and pictures of clips that were kept, and the corpus's ``faults``.

    Those are names of videos with the reason why the corpus does not yield them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sorted(summaries, key=lambda one: (one.corpus, one.split, one.video)):
        for part, reason in (("clip", one.set_aside), ("sound", one.no_sound)):
            if reason is not None:
                writer.writerow([one.corpus, one.split, one.video, part, reason, one.media, one.fingerprint])
        for picture, reason in one.unreadable.items():
            writer.writerow([one.corpus, one.split, picture, "picture", reason, one.media, ""])
    writer.writerows(["", "", video, "corpus", reason, "", ""] for video, reason in faults)
    return text.getvalue()


def read_set_aside(uri: str) -> dict[str, str]:
    """Reasons of the clips in a list that ``set_aside_csv`` made, by fingerprint; empty when there is no list."""
    if not storage.exists(uri):
        return {}
    rows = csv.DictReader(io.StringIO(storage.read_text(uri)))
    return {row["fingerprint"]: row["reason"] for row in rows if row["part"] == "clip" and row["fingerprint"]}
