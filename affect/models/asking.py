"""A network asked about consecutive frames of several faces at once, whatever it takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from affect.models.files import ModelDescription
from affect.models.runtimes import Frames
from affect.networks import Network
from affect.networks.inputs import to_device

Memory = Mapping[str, NDArray[np.float32]]
"""What the recurrent parts carry on of one face, by part, (state size,); empty: nothing yet."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive frames of one face.

    ``inputs`` by name, a row a frame: "image" uint8 (n, S, S, 3), crops as rows hold them; "sound" uint8 (n, S, S), of
    media.sound.frame_picture; "landmarks" float32 (n, 136), in pixels of the crop.
    """

    inputs: Mapping[str, NDArray[Any]]
    memory: Memory = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.inputs.values())))


@dataclass(frozen=True)
class Answered:
    """What the network said about a stretch, a row a frame, and what to go on from.

    ``outputs`` are the predictions of Network.predict and, as "embedding" (n, d), what they are read from, as the
    network has it: not normalised to unit length.
    """

    outputs: Mapping[str, NDArray[np.float32]]
    memory: Memory


class Asks(Protocol):
    """Whoever answers stretches as Asker does, wherever the network is."""

    @property
    def description(self) -> ModelDescription:
        """Of the model that is asked."""

    def __call__(self, stretches: Sequence[Stretch]) -> list[Answered]:
        """An answer for each of ``stretches``, of any lengths, of one session or of many; none may be empty."""


class Asker:
    """Asks a network about stretches, in float32, on a GPU where there is one. Holds nothing of what it was asked.

    The first two arguments come from ``load_model``. At most ``batch`` frames go through the network at once.
    ``frames`` computes them in the network's place, as ``choosing.choose`` gives it for the same network and device.
    """

    def __init__(
        self,
        network: Network,
        description: ModelDescription,
        batch: int = 64,
        device: torch.device | None = None,
        frames: Frames | None = None,
    ) -> None:
        self.description = description
        self.batch = batch
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.eval().float().to(self.device)
        self.frames: Frames = frames or self.network.frames

    @torch.inference_mode()
    def __call__(self, stretches: Sequence[Stretch]) -> list[Answered]:
        """An answer for each of ``stretches``, of any lengths, of one session or of many; none may be empty."""
        memories = [dict(stretch.memory) for stretch in stretches]
        said: list[list[dict[str, NDArray[np.float32]]]] = [[] for _ in stretches]
        rounds = _along_time if self.network.spec.sequential else _filled
        for parts in rounds([len(stretch) for stretch in stretches], self.batch):
            inputs = {
                name: torch.from_numpy(np.concatenate([stretches[which].inputs[name][rows] for which, rows in parts]))
                for name in self.network.spec.takes
                if name != "lengths"
            }
            lengths = [rows.stop - rows.start for _, rows in parts]
            if self.network.spec.sequential:
                inputs["lengths"] = torch.tensor(lengths)
            state = {
                part: torch.from_numpy(
                    np.stack([memories[which].get(part, np.zeros(size, np.float32)) for which, _ in parts])
                ).to(self.device)
                for part, size in self.network.state_sizes.items()
            }
            moved = to_device(inputs, self.network.spec, self.device)
            computed, after = self.network.join(self.frames(moved), state, moved.get("lengths"))
            outputs = self.network.read(computed) | {"embedding": computed["embedding"]}
            arrays = {name: tensor.cpu().numpy() for name, tensor in outputs.items()}
            ends = np.cumsum(lengths)
            for place, ((which, _), length) in enumerate(zip(parts, lengths, strict=True)):
                rows = slice(ends[place] - length, ends[place])
                said[which].append({name: array[rows] for name, array in arrays.items()})
                memories[which] = {part: tensor[place].cpu().numpy() for part, tensor in after.items()}
        return [
            Answered({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, memory)
            for parts, memory in zip(said, memories, strict=True)
        ]


Parts = list[tuple[int, slice]]
"""What goes through the network at once: which stretch, and which of its rows."""


def _filled(lengths: Sequence[int], batch: int) -> Iterator[Parts]:
    """All rows in order, ``batch`` at a time."""
    parts: Parts = []
    room = batch
    for which, length in enumerate(lengths):
        first = 0
        while first < length:
            last = min(length, first + room)
            parts.append((which, slice(first, last)))
            first, room = last, room - (last - first)
            if not room:
                yield parts
                parts, room = [], batch
    if parts:
        yield parts


def _along_time(lengths: Sequence[int], batch: int) -> Iterator[Parts]:
    """Up to ``batch`` stretches side by side, so many of their next rows at a time that they are ``batch`` together."""
    for first in range(0, len(lengths), batch):
        group = range(first, min(first + batch, len(lengths)))
        place = 0
        while there := [which for which in group if lengths[which] > place]:
            step = max(1, batch // len(there))
            yield [(which, slice(place, min(place + step, lengths[which]))) for which in there]
            place += step
