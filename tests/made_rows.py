"""Small folders of pre-processed rows, written through the real schema, for tests that need data and no faces."""

import cv2
import numpy as np
import pyarrow as pa

from affect import samples
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.preprocessing.settings import AlignmentSettings, Preprocessing


def write_rows(
    folder: str,
    videos: dict[str, int],
    size: int = 32,
    seed: int = 0,
    unlabelled: float = 0.25,
    frames: int = 40,
) -> Preprocessing:
    """``videos`` per split of ``frames`` rows; a part of the rows lacks each kind of label, a tenth shows no face.

    The picture tells the labels: its brightness is valence, its redness arousal, a bar's place the expression, and the
    lower right square is lit where every action unit is active; a narrow network learns it in a few dozen steps.
    """
    rng = np.random.default_rng(seed)
    settings = Preprocessing(alignment=AlignmentSettings(size=size))
    for split, count in videos.items():
        for number in range(count):
            rows = [_row(rng, split, f"{split}{number}", frame, size, unlabelled) for frame in range(frames)]
            samples.write_parquet(
                samples.faces_uri(folder, "made", split, f"{split}{number}"),
                samples.FACES,
                [pa.Table.from_pylist(rows, schema=samples.FACES)],
                fingerprint="made",
                details={"corpus": "made", "synthetic": True, "settings": settings.model_dump(mode="json")},
            )
    return settings


def _row(rng: np.random.Generator, split: str, video: str, frame: int, size: int, unlabelled: float) -> dict:
    valence, arousal = rng.uniform(-1, 1, 2)
    expression = int(rng.integers(7))
    active = bool(rng.integers(2))
    picture = np.full((size, size, 3), 128 + 90 * valence, np.float64)
    picture[: size // 3, :, 0] = 128 + 120 * arousal
    picture[: size // 3, :, 2] = 128 - 120 * arousal
    left = expression * size // 7
    picture[size // 3 : 2 * size // 3, left : left + size // 7] = 255 if valence < 0 else 0
    picture[2 * size // 3 :, size // 2 :] = 255 if active else 0
    picture = np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    success = bool(rng.random() > 0.1)
    units = [int(active) if unit in AFF_WILD2_ACTION_UNITS else None for unit in ACTION_UNITS]
    keep = rng.random(3) > unlabelled
    return {
        "corpus": "made",
        "split": split,
        "video": video,
        "subject": video,
        "person": "main",
        "frame": frame,
        "time_s": frame / 30,
        "success": success,
        "reason": None if success else "no face found",
        "image": cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes() if success else None,
        "valence": valence if keep[0] else None,
        "arousal": arousal if keep[0] else None,
        "expression": expression if keep[1] else None,
        "au": units if keep[2] else None,
    }
