"""The sample corpus on disk, in the form of Aff-Wild2 as distributed for ABAW1."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.corpora.sample.animation import Animation, animate
from affect.corpora.sample.layout import Array
from affect.corpora.sample.plan import ClipPlan, people_by_split, plan
from affect.corpora.sample.rules import expressions, present, valence_arousal
from affect.corpora.sample.scene import pictures
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.sample.voice import RATE, voice
from affect.corpora.splits import SPLITS
from affect.labels import AFF_WILD2_ACTION_UNITS, EXPRESSIONS, action_unit_label

HEADERS = {
    "VA_Set": "valence,arousal",
    "EXPR_Set": ",".join(name.capitalize() for name in EXPRESSIONS),
    "AU_Set": ",".join(map(action_unit_label, AFF_WILD2_ACTION_UNITS)),
}

SPLIT_FOLDERS = {"train": "Training_Set", "validation": "Validation_Set", "test": "Test_Set"}

SKIPPED_SHARE = 0.03
"""About this share of the frames with a face is left unannotated, in stretches, as annotators do."""

INDEX = "corpus.json"


def video_uri(clip: ClipPlan, root: str) -> str:
    return storage.join(root, clip.folder, f"{clip.video}.mp4")


def write_clip(clip: ClipPlan, root: str) -> None:
    """Write the annotation files of one clip, then its video: where the video is, the clip is finished."""
    motion = animate(clip)
    for path, text in annotations(clip, motion).items():
        storage.write_text(storage.join(root, path), text)
    sound = voice(clip, [valence_arousal(person.units) for person in motion.values()]) if clip.sound else None
    with storage.whole_file(video_uri(clip, root)) as file:
        encode(file, pictures(clip), sound, clip.settings)


def write_index(root: str, settings: SampleSettings) -> None:
    """Write corpus.json: that the corpus is synthetic, its settings, and who is in which video and split."""
    groups = people_by_split(settings)
    content = {
        "name": "sample",
        "synthetic": True,
        "seed": settings.seed,
        "settings": settings.model_dump(mode="json"),
        "people": [{"name": name, "split": split} for split in SPLITS for name, _ in groups[split]],
        "videos": {clip.video: {person.person: person.subject for person in clip.people} for clip in plan(settings)},
    }
    storage.write_text(storage.join(root, INDEX), json.dumps(content, indent=2) + "\n")


def annotations(clip: ClipPlan, motion: dict[str, Animation]) -> dict[str, str]:
    """Content of every annotation file of ``clip``, by path below the corpus's root."""
    files = {}
    for index, (person, animation) in enumerate(motion.items()):
        suffix = "" if person == "main" else f"_{person}"
        for set_index, name in enumerate(clip.sets):
            rng = np.random.default_rng([*clip.seed, 7, index, set_index])
            known = animation.visible & ~_skipped(rng, len(animation.visible))
            lines = [HEADERS[name], *_lines(name, animation.units, known)]
            files[f"annotations/{name}/{SPLIT_FOLDERS[clip.split]}/{clip.video}{suffix}.txt"] = "\n".join(lines) + "\n"
    return files


def encode(path: Path, frames: Iterator[NDArray[np.uint8]], sound: Array | None, settings: SampleSettings) -> None:
    """Write an MP4 of H.264 and, with ``sound``, AAC."""
    # x264's macroblock tree gives another file each time, even on one thread.
    options = {"crf": "20", "preset": "veryfast", "x264-params": "mbtree=0"}
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=settings.fps, options=options)
        video.width, video.height, video.pix_fmt = settings.width, settings.height, "yuv420p"
        video.codec_context.thread_count = 1
        speech = None if sound is None else container.add_stream("aac", rate=RATE, layout="mono")
        for picture in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
        if speech is not None and sound is not None:
            samples = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            samples.sample_rate, samples.pts, samples.time_base = RATE, 0, Fraction(1, RATE)
            container.mux(speech.encode(samples))
            container.mux(speech.encode(None))


def _skipped(rng: np.random.Generator, count: int) -> NDArray[np.bool_]:
    skipped = np.zeros(count, np.bool_)
    length = round(2 * SKIPPED_SHARE * count)
    if length and rng.random() < 0.5:
        start = int(rng.integers(count - length + 1))
        skipped[start : start + length] = True
    return skipped


def _lines(name: str, units: NDArray[np.float32], known: NDArray[np.bool_]) -> list[str]:
    if name == "VA_Set":
        return [
            f"{v:.3f},{a:.3f}" if is_known else "-5,-5"
            for (v, a), is_known in zip(valence_arousal(units), known, strict=True)
        ]
    if name == "EXPR_Set":
        return [str(label if is_known else -1) for label, is_known in zip(expressions(units), known, strict=True)]
    unknown = ",".join(["-1"] * len(AFF_WILD2_ACTION_UNITS))
    return [
        ",".join(map(str, row)) if is_known else unknown for row, is_known in zip(present(units), known, strict=True)
    ]
