"""A clip of faces that move, go and come back, with sound, and narrow models of every kind to ask about it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from affect.models.answer import FrameAnswer, VideoSummary
from affect.models.asking import Asker
from affect.models.files import ModelDescription
from affect.networks import build
from affect.networks.spec import NetworkSpec, Recurrent
from affect.preprocessing.settings import AlignmentSettings, Preprocessing, SoundSettings
from affect.watching.summary import Summary
from tests.made_media import make_video, portrait

SIDE = 32
FORM: dict[str, Any] = {"encoder": "arc-res", "input_size": SIDE, "width": 0.125, "dropout": 0.0, "embedding": 16}
NETWORKS = {
    "CNN": NetworkSpec(**FORM),
    "CNN with landmarks": NetworkSpec(**FORM, landmarks=True),
    "CNN-RNN": NetworkSpec(**FORM, recurrent=Recurrent(units=64)),
    "audio-visual": NetworkSpec(**FORM, streams=("image", "sound"), fusion=Recurrent(units=64), recurrent=Recurrent()),
    "audio": NetworkSpec(**FORM, streams=("sound",), recurrent=Recurrent(units=64)),
}
LENGTH, MAX_GAP = 7, 3
RATE = 20
AWAY = {6, 7, *range(14, 20)}


def preprocessing(**changes: Any) -> Preprocessing:
    # Few columns: a frame waits for a third of a second of sound.
    return Preprocessing(
        alignment=AlignmentSettings(size=SIDE), sound=SoundSettings(columns=SIDE), **{"landmarks68": True} | changes
    )


def asker(spec: NetworkSpec, seed: int = 0, batch: int = 64, **changes: Any) -> Asker:
    """A network with random weights whose answers differ from frame to frame."""
    torch.manual_seed(seed)
    network = build(spec)
    with torch.no_grad():
        for head in network.heads.values():
            for parameter in head.parameters():
                parameter.mul_(4)
    description = ModelDescription(
        network=spec,
        preprocessing=preprocessing(**changes),
        recipe="made",
        settings={"batch": {"length": LENGTH, "max_gap": MAX_GAP}},
        data=(),
        metrics={},
    )
    return Asker(network, description, batch, torch.device("cpu"))


def pictures(frames: int = 34) -> list[np.ndarray]:
    """Two faces that move apart; the right one is covered for a moment, and for a longer one, but is not lost."""
    face, shown = portrait(120), []
    for frame in range(frames):
        picture = np.full((160, 300, 3), 90, np.uint8)
        left, top = 20 - frame // 3, 15 + frame // 2
        picture[20:140, left : left + 120] = face
        picture[top : top + 120, 165:285] = face[:, ::-1]
        if frame in AWAY:
            picture[top + 20 : top + 90, 195:260] = 90
        shown.append(picture)
    return shown


def sound(seconds: float) -> np.ndarray:
    """A tone that rises and swells."""
    time_s = np.arange(round(seconds * 44_100)) / 44_100
    return 0.4 * (1 + np.sin(5 * time_s)) * np.sin(2 * np.pi * (300 + 400 * time_s) * time_s)


def summarise(answers: Iterable[FrameAnswer]) -> VideoSummary:
    """The summary of answers that were kept."""
    summary = Summary()
    for answer in answers:
        summary.add(answer)
    return summary.result()


def make_clip(path: Path) -> Path:
    """Sound goes on after the last frame."""
    shown = pictures()
    return make_video(path, shown, RATE, sound=sound(len(shown) / RATE + 1))
