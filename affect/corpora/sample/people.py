"""The sample corpus as a folder of pictures for each invented person, for networks that learn to tell people apart."""

import json

import numpy as np

from affect import storage
from affect.corpora.sample.plan import ClipPlan, PersonPlan
from affect.corpora.sample.scene import pictures
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.sample.writer import INDEX
from affect.labels import EXPRESSIONS
from affect.media.pictures import encode_jpeg

SCENES = 3
"""Rooms, lights and poses a person is seen in."""

FRAMES_PER_SECOND = 4
"""Neighbouring frames of a video are nearly alike."""


def people(settings: SampleSettings) -> list[tuple[str, int]]:
    """Subject and number of everyone invented; of the astronaut there is one photograph only."""
    return [(f"person{number + 1:02d}", number) for number in range(settings.people)]


def write_person(subject: str, number: int, root: str, settings: SampleSettings) -> int:
    """Write the pictures of one person, `<subject>/<number>.jpg`; returns how many."""
    slow = settings.model_copy(update={"fps": FRAMES_PER_SECOND})
    written = 0
    for scene in range(SCENES):
        rng = np.random.default_rng([settings.seed, 8, number, scene])
        shown = PersonPlan("main", subject, number, (str(rng.choice(EXPRESSIONS)),))
        clip = ClipPlan(
            settings=slow, video=subject, folder="", split="train", people=(shown,), sets=(), absent=None, sound=False,
            seed=(settings.seed, 100_000 + SCENES * number + scene),
        )  # fmt: skip
        for picture in pictures(clip):
            written += 1
            storage.write_bytes(storage.join(root, subject, f"{written:04d}.jpg"), encode_jpeg(picture, 95))
    return written


def write_people_index(root: str, settings: SampleSettings) -> None:
    """Write corpus.json: that the corpus is synthetic, and its settings."""
    content = {"name": "sample-identities", "synthetic": True, "settings": settings.model_dump(mode="json")}
    storage.write_text(storage.join(root, INDEX), json.dumps(content, indent=2) + "\n")
