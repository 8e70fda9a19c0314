"""Where faces lie in the crops that a corpus gives: ``python -m affect.faces.measure_template fer2013 --root URI``.

A network trained on such crops is shown faces of other pictures alike when they are aligned to the mean of these
landmarks; alignment.TEMPLATES holds what this printed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from affect.corpora import open_corpus
from affect.faces import load_detector
from affect.faces.detector import Detector
from affect.preprocessing.settings import DetectorSettings

LARGE = 192
"""Crops are enlarged to this side at least: detectors find no faces of 48 pixels that fill the picture."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Measured:
    """The five landmarks of the faces that were found in crops of side 1."""

    mean: NDArray[np.float64]
    """(5, 2)"""
    deviation: NDArray[np.float64]
    """(5, 2)"""
    found: int
    looked_at: int


def measure(crops: Iterable[NDArray[np.uint8]], detector: Detector) -> Measured:
    """Look for the face of each of ``crops`` (S, S, 3), RGB, whatever their sizes.

    Each is enlarged and surrounded by half its side of its edge's colours, since these faces reach its edges. The
    largest face counts where its middle is within the crop. The mean is of those that are found.
    """
    points, looked_at = [], 0
    for crop in crops:
        looked_at += 1
        side = max(LARGE, len(crop))
        large = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
        around = side // 2
        shown = cv2.copyMakeBorder(large, around, around, around, around, cv2.BORDER_REPLICATE)
        found = detector(shown.astype(np.uint8))
        if not len(found):
            continue
        largest = int(np.argmax(found.boxes[:, 2] * found.boxes[:, 3]))
        five = (found.landmarks[largest].astype(np.float64) - around + 0.5) / side
        if ((five.mean(axis=0) > 0) & (five.mean(axis=0) < 1)).all():
            points.append(five)
    all_points = np.stack(points) if points else np.full((1, 5, 2), np.nan)
    return Measured(all_points.mean(axis=0), all_points.std(axis=0), len(points), looked_at)


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="a corpus of single pictures that are crops, as fer2013")],
    root: Annotated[str, typer.Option(help="where the corpus lies; local or s3://")],
    split: Annotated[str, typer.Option(help="whose pictures are looked at")] = "train",
    each: Annotated[int, typer.Option(help="look at one of so many", min=1)] = 10,
) -> None:
    """Print the mean and the deviation of the five landmarks, and in how many crops a face was found."""
    opened = open_corpus(corpus, root)
    stills = (still for clip in opened.clips() if clip.split == split for still in opened.stills(clip))
    measured = measure((still.load() for still in islice(stills, 0, None, each)), load_detector(DetectorSettings()))
    console = Console(highlight=False)
    console.print(f"a face found in {measured.found:,} of {measured.looked_at:,} crops; x and y of eyes, nose, mouth:")
    for mean, deviation in zip(measured.mean, measured.deviation, strict=True):
        console.print("  {:.4f} {:.4f}  deviation {:.4f} {:.4f}".format(*mean, *deviation))


if __name__ == "__main__":
    app()
