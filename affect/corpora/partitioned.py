"""A corpus with other splits than its own, or with some where it has none."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from affect.corpora.corpus import Clip, Corpus, FrameLabels, Still


class Partitioned:
    """``corpus`` in the splits that ``splits`` names by video, or by single picture; what is not named is a fault.

    Pictures of one lot that belong to several splits are one clip for each.
    """

    def __init__(self, corpus: Corpus, splits: Mapping[str, str]) -> None:
        self.corpus = corpus
        self.name = corpus.name
        self.synthetic = bool(getattr(corpus, "synthetic", False))
        self._splits = splits
        self._own = {(clip.video, clip.media): clip.split for clip in corpus.clips()}

    def clips(self) -> Iterator[Clip]:
        for clip in self.corpus.clips():
            for split in self._splits_of(clip):
                yield replace(clip, split=split)

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        return self.corpus.labels(self._as_it_lies(clip))

    def stills(self, clip: Clip) -> Iterator[Still]:
        for still in self.corpus.stills(self._as_it_lies(clip)):
            if clip.kind != "pictures" or self._splits.get(still.name) == clip.split:
                yield still

    def faults(self) -> list[tuple[str, str]]:
        unnamed = []
        for clip in self.corpus.clips():
            names = [still.name for still in self.corpus.stills(clip)] if clip.kind == "pictures" else [clip.video]
            unnamed += [name for name in names if name not in self._splits]
        return self.corpus.faults() + [(name, "in no split of the given partition") for name in unnamed]

    def _splits_of(self, clip: Clip) -> list[str]:
        if clip.kind != "pictures":
            return [self._splits[clip.video]] if clip.video in self._splits else []
        named = (self._splits.get(still.name) for still in self.corpus.stills(clip))
        return sorted({split for split in named if split is not None})

    def _as_it_lies(self, clip: Clip) -> Clip:
        return replace(clip, split=self._own[clip.video, clip.media])
