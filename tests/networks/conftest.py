"""A small part of the sample corpus, as networks see it."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import torch

from affect import samples
from affect.corpora import open_corpus
from affect.corpora.sample import SampleSettings, plan, write_clip, write_index
from affect.faces import load_detector
from affect.labels import ACTION_UNITS, VALENCE_AROUSAL
from affect.media.pictures import decode_picture
from affect.media.sound import frame_picture
from affect.networks.inputs import LANDMARK_VALUES, to_input, to_landmarks, to_sound_input
from affect.networks.spec import NetworkSpec
from affect.preprocessing.clip import preprocess_clip
from affect.preprocessing.settings import Preprocessing

CLIPS = 2
LENGTH = 16
"""Frames of each clip, a tenth of a second apart."""

NOTHING = [None] * len(ACTION_UNITS)


@dataclass(frozen=True)
class Sequences:
    """Frames of CLIPS clips, LENGTH of each, with sound, landmarks and all labels."""

    pictures: np.ndarray  # (N, 96, 96, 3)
    sound: np.ndarray  # (N, 96, 96)
    landmarks: torch.Tensor  # (N, 136), pixels of the crop
    targets: dict[str, torch.Tensor]

    def inputs(self, spec: NetworkSpec) -> dict[str, torch.Tensor]:
        side = spec.input_size
        inputs: dict[str, torch.Tensor] = {}
        if "image" in spec.streams:
            inputs["image"] = to_input(np.stack([cv2.resize(picture, (side, side)) for picture in self.pictures]))
        if "sound" in spec.streams:
            inputs["sound"] = to_sound_input(np.stack([cv2.resize(picture, (side, side)) for picture in self.sound]))
        if spec.landmarks:
            inputs["landmarks"] = to_landmarks(self.landmarks, 96)
        if spec.sequential:
            inputs["lengths"] = torch.full((len(self.pictures) // LENGTH,), LENGTH)
        return inputs


@pytest.fixture(scope="session")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Sequences:
    """Made, found, cropped and heard by the real parts."""
    folder = tmp_path_factory.mktemp("sample")
    root, out = str(folder / "corpus"), str(folder / "rows")
    settings = SampleSettings(people=6, clips=12, seconds=1.6)
    write_index(root, settings)
    made = [
        clip
        for clip in plan(settings)
        if len(clip.people) == 1 and clip.absent is None and clip.sound and len(clip.sets) == 3
    ]
    for clip in made[:CLIPS]:
        write_clip(clip, root)
    detector, corpus = load_detector(Preprocessing().detector), open_corpus("sample", root)
    rows, sound = [], []
    for clip in corpus.clips():
        preprocess_clip(corpus, clip, out, Preprocessing(), detector)
        where = ("sample", clip.split, clip.video)
        faces = samples.open_parquet(samples.faces_uri(out, *where)).read().to_pylist()
        columns = samples.open_parquet(samples.sound_uri(out, *where)).read()["spectrum"]
        spectrum = np.stack([np.frombuffer(column.as_py(), np.uint8) for column in columns])
        chosen = [row for row in faces if row["success"]][::3][:LENGTH]
        assert len(chosen) == LENGTH
        rows += chosen
        sound += [frame_picture(spectrum, row["time_s"], Preprocessing().sound) for row in chosen]
    landmarks = torch.tensor([row["landmarks5"] for row in rows])
    boxes = torch.tensor([row["box"] for row in rows])
    return Sequences(
        pictures=np.stack([decode_picture(row["image"]) for row in rows]),
        sound=np.stack(sound),
        # The five points within the box, over and over: as many values as 68 give, and they move with the face.
        landmarks=((landmarks.view(-1, 5, 2) - boxes[:, None, :2]) / boxes[:, None, 2:] * 96)
        .flatten(1)
        .repeat(1, 14)[:, :LANDMARK_VALUES],
        targets={
            "valence_arousal": torch.tensor(
                [[np.nan if row[name] is None else row[name] for name in VALENCE_AROUSAL] for row in rows]
            ),
            "expression": torch.tensor([-1 if row["expression"] is None else row["expression"] for row in rows]),
            "action_units": torch.tensor(
                [[-1 if unit is None else unit for unit in row["au"] or NOTHING] for row in rows], dtype=torch.int8
            ),
        },
    )
