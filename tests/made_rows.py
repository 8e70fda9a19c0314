"""Small folders of pre-processed rows, written through the real schema, for tests that need data and no faces."""

import cv2
import numpy as np
import pyarrow as pa

from affect import samples
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.media.pictures import encode_jpeg
from affect.preprocessing.settings import AlignmentSettings, Preprocessing, SoundSettings

PEOPLE = ("n3", "n1", "n2")


def write_rows(
    folder: str,
    videos: dict[str, int],
    size: int = 32,
    seed: int = 0,
    unlabelled: float = 0.25,
    frames: int = 40,
    landmarks68: bool = False,
    sound_columns: int | None = None,
) -> Preprocessing:
    """``videos`` per split of ``frames`` rows; a part of the rows lacks each kind of label, a tenth shows no face.

    The picture tells the labels: its brightness is valence, its redness arousal, a bar's place the expression, and the
    lower right square is lit where every action unit is active; a narrow network learns it in a few dozen steps.
    """
    rng = np.random.default_rng(seed)
    settings = Preprocessing(alignment=AlignmentSettings(size=size), landmarks68=landmarks68)
    if sound_columns:
        settings = settings.model_copy(update={"sound": SoundSettings(columns=sound_columns)})
    for split, count in videos.items():
        for number in range(count):
            rows = [_row(rng, split, f"{split}{number}", frame, size, unlabelled) for frame in range(frames)]
            if landmarks68:  # of a crop that a corpus gave: in its pixels, around the place of the bar
                for row in rows:
                    row["landmarks68"] = (rng.uniform(0, size, 136)).tolist() if row["success"] else None
            if sound_columns:
                _write_sound(folder, split, f"{split}{number}", rows)
            samples.write_parquet(
                samples.faces_uri(folder, "made", split, f"{split}{number}"),
                samples.FACES,
                [pa.Table.from_pylist(rows, schema=samples.FACES)],
                fingerprint="made",
                details=lambda: {"corpus": "made", "synthetic": True, "settings": settings.model_dump(mode="json")},
            )
    return settings


def _write_sound(folder: str, split: str, video: str, rows: list[dict]) -> None:
    """The louder the more aroused, each frame's loudness around its time."""
    columns = int(rows[-1]["time_s"] * 44_100 / 970) + 2
    times = np.arange(columns) * 970 / 44_100
    arousal = np.interp(times, [row["time_s"] for row in rows], [row["arousal"] or 0.0 for row in rows])
    spectra = [np.full(samples.SOUND_BINS, 128 + 100 * value, np.uint8).tobytes() for value in arousal]
    table = pa.table([range(columns), times, spectra], schema=samples.SOUND)
    samples.write_parquet(samples.sound_uri(folder, "made", split, video), samples.SOUND, [table], fingerprint="made")


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


def write_people(folder: str, splits: dict[str, tuple[str, ...]], each: int = 6, size: int = 32,
                 settings: Preprocessing | None = None, corpus: str = "made") -> None:  # fmt: skip
    """Pictures of people, each of a grey of his own; of the first of each split one has no face."""
    settings = settings or Preprocessing(alignment=AlignmentSettings(size=size))
    for split, people in splits.items():
        rows = [
            {
                "corpus": corpus, "split": split, "video": f"{person}/{number}", "subject": person, "person": "main",
                "frame": 0, "time_s": 0.0, "success": bool(place or number),
                "image": encode_jpeg(np.full((size, size, 3), 40 + 70 * PEOPLE.index(person), np.uint8)),
            }
            for place, person in enumerate(people)
            for number in range(each)
        ]  # fmt: skip
        samples.write_parquet(
            samples.faces_uri(folder, corpus, split, "lot"),
            samples.FACES,
            [pa.Table.from_pylist(rows, schema=samples.FACES)],
            fingerprint="made",
            details=lambda: {"corpus": corpus, "synthetic": True, "settings": settings.model_dump(mode="json")},
        )
