"""A corpus with known labels and people, for partitions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from affect.corpora.corpus import Clip, FrameLabels, Still
from affect.errors import AffectError

SPLITS = ("train", "train", "train", "validation")


@dataclass(frozen=True)
class MadeCorpus:
    """``videos`` videos of 10 frames, two in a row of one person; and a lot of four pictures, two of one person."""

    root: str = ""
    name: str = "made"
    videos: int = 12
    splits: tuple[str, ...] = SPLITS

    def clips(self) -> Iterator[Clip]:
        for index in range(self.videos):
            split = self.splits[index // 2 % len(self.splits)]
            yield Clip(self.name, split, f"v{index:02d}", "", "video", ("main",), (f"p{index // 2}",))
        yield Clip(self.name, self.splits[0], "lot", "", "pictures", ("main",), (None,))
        yield Clip(self.name, self.splits[0], "broken", "", "video", ("main",), (None,))

    def labels(self, clip: Clip) -> dict[str, FrameLabels]:
        if clip.video == "broken":
            raise AffectError("broken.txt, line 7: mend it")
        labels = FrameLabels.unannotated(4 if clip.kind == "pictures" else 10)
        if clip.kind == "pictures":
            labels.expression[:] = [4, 4, 5, -1]
        else:
            labels.valence[:], labels.arousal[:] = np.linspace(-1, 1, 10), 0.5
        return {"main": labels}

    def stills(self, clip: Clip) -> Iterator[Still]:
        for frame, subject in enumerate(["q", None, "q", None]):
            yield Still(f"picture{frame}.jpg", frame, lambda: np.zeros((1, 1, 3), np.uint8), subject=subject)

    def faults(self) -> list[tuple[str, str]]:
        return [("lost", "no video")]
