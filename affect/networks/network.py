"""The composition of streams, fusion and heads."""

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from affect.errors import AffectError
from affect.networks.encoder import Encoder, scaled
from affect.networks.heads import HEADS, HeadLayer
from affect.networks.inputs import LANDMARK_VALUES
from affect.networks.recurrent import Temporal, build_recurrent
from affect.networks.sequences import along_time
from affect.networks.spec import NetworkSpec
from affect.networks.stream import Stream

Inputs = Mapping[str, Tensor]
"""A row per frame: "image" and "sound" (N, 3, S, S) in [-1, 1], "landmarks" (N, 136) as inputs.to_landmarks gives them;
of networks with a recurrent part also "lengths" (B,) of the sequences that the N rows make up, in order; without it
they are one."""

Features = dict[str, Tensor]
"""Of frames, by stream, (N, features)."""

State = dict[str, Tensor]
"""What recurrent parts carry on, by part, (B, its state size)."""


class Network(nn.Module):
    """Frames to valence-arousal, expressions and action units, all from one feature space."""

    fusion: Temporal | None

    def __init__(self, spec: NetworkSpec, encoder: Callable[[NetworkSpec], Encoder]) -> None:
        super().__init__()
        self.spec = spec
        self.streams = nn.ModuleDict(
            {name: Stream(spec, encoder(spec), landmarks=spec.landmarks and name == "image") for name in spec.streams}
        )
        features = sum(stream.features for stream in self._streams().values())
        self.fusion = None
        if spec.fusion is not None:
            self.fusion = build_recurrent(spec.fusion, features, scaled(spec.fusion.units, spec))
            features = self.fusion.units
        self.embedding_size = features
        """Length d of what the heads see."""
        self.heads = nn.ModuleDict({name: HEADS[name](features, spec) for name in spec.heads})

    def _streams(self) -> dict[str, Stream]:
        return cast("dict[str, Stream]", dict(self.streams.items()))

    @property
    def state_sizes(self) -> dict[str, int]:
        """Sizes of the recurrent parts' states, by part."""
        parts = {name: stream.recurrent for name, stream in self._streams().items()} | {"fusion": self.fusion}
        return {name: part.state_size for name, part in parts.items() if part is not None}

    def forward(self, inputs: Inputs) -> dict[str, Tensor]:
        """Outputs for ``inputs``, a row each, as the objectives take them.

        "embedding" (N, d), and of the declared heads "valence_arousal" (N, 2), "expression" (N, 7) logits (cosines with
        ArcFace), "action_units" (N, K) logits, "compound" (N, C) and "identity" (N, P) logits. Raises AffectError where
        an input is missing or has another form.
        """
        return self.advance(inputs, {})[0]

    def advance(self, inputs: Inputs, state: State) -> tuple[dict[str, Tensor], State]:
        """Outputs for the next frames of sequences, and the state to go on from; an empty ``state`` begins them."""
        return self.join(self.frames(inputs), state, inputs.get("lengths"))

    def frames(self, inputs: Inputs) -> Features:
        """What each frame gives by itself, (N, features) of each stream: nearly all of the arithmetic."""
        self._check(inputs)
        if self.spec.mirrored and not self.training:
            pictures = inputs["image"]
            both = self.streams["image"](torch.cat([pictures, pictures.flip(3)]), None)
            return {"image": both.unflatten(0, (2, -1)).mean(dim=0)}
        return {
            name: stream(inputs[name], inputs["landmarks"] if name == "image" and self.spec.landmarks else None)
            for name, stream in self._streams().items()
        }

    def join(
        self, features: Mapping[str, Tensor], state: State, lengths: Tensor | None
    ) -> tuple[dict[str, Tensor], State]:
        """What ``advance`` gives, from the ``features`` of frames: recurrent parts, fusion and heads."""
        after: State = {}
        followed = []
        for name, stream in self._streams().items():
            of_stream, carried = stream.follow(features[name], state.get(name), lengths)
            followed.append(of_stream)
            if carried is not None:
                after[name] = carried
        embedding = torch.cat(followed, dim=1) if len(followed) > 1 else followed[0]
        if self.fusion is not None:
            embedding, after["fusion"] = along_time(self.fusion, embedding, state.get("fusion"), lengths)
        return {"embedding": embedding} | {name: head(embedding) for name, head in self.heads.items()}, after

    def predict(self, inputs: Inputs) -> dict[str, Tensor]:
        """Predictions for ``inputs``, a row each, float32, of the declared heads.

        "valence_arousal" (N, 2) in [-1, 1], "expression" (N, 7), "action_units" (N, K), "compound" (N, C) and
        "identity" (N, P) probabilities. Neither switches to eval mode nor turns gradients off.
        """
        return self.read(self(inputs))

    def read(self, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The predictions that belong to ``outputs`` of forward."""
        return {
            name: cast("HeadLayer", head).predict(outputs[name], outputs["embedding"])
            for name, head in self.heads.items()
        }

    def _check(self, inputs: Inputs) -> None:
        size = self.spec.input_size
        forms: dict[str, tuple[int, ...]] = dict.fromkeys(self.spec.streams, (3, size, size))
        if self.spec.landmarks:
            forms["landmarks"] = (LANDMARK_VALUES,)
        for name, form in forms.items():
            if name not in inputs:
                raise AffectError(f"the network takes {', '.join(forms)}; {name} was not given")
            if inputs[name].shape[1:] != form:
                given, needed = ("x".join(map(str, shape)) for shape in (inputs[name].shape[1:], form))
                raise AffectError(f"the network takes {name} of {needed}, these are {given}")
