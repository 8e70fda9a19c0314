"""One way from an input to features: encoder, fully connected layers, embedding, recurrent part."""

import torch
from torch import Tensor, nn

from affect.networks.encoder import Encoder, scaled
from affect.networks.inputs import LANDMARK_VALUES
from affect.networks.normalisation import NORMALISATIONS, Normalisation, normalise
from affect.networks.recurrent import Temporal, build_recurrent
from affect.networks.sequences import along_time
from affect.networks.spec import NetworkSpec
from affect.registry import look_up


class Stream(nn.Module):
    """Pictures, of faces or of sound, to features (N, ``features``), a row each."""

    recurrent: Temporal | None

    def __init__(self, spec: NetworkSpec, encoder: Encoder, *, landmarks: bool) -> None:
        super().__init__()
        self.normalisation: Normalisation = look_up(NORMALISATIONS, spec.normalisation, "normalisation")
        self.encoder = encoder
        self.average = spec.pooling == "average"
        features = encoder.channels if self.average else encoder.features
        if landmarks:
            features += LANDMARK_VALUES
        layers: list[nn.Module] = []
        for units in spec.fully_connected:
            layers += [nn.Linear(features, scaled(units, spec)), nn.ReLU(inplace=True), nn.Dropout(spec.dropout)]
            features = scaled(units, spec)
        self.fully_connected = nn.Sequential(*layers)
        layers = [] if spec.fully_connected else [nn.Dropout(spec.dropout)]
        if spec.embedding is not None:
            # A batch norm has its own bias.
            layers.append(nn.Linear(features, spec.embedding, bias=not spec.embedding_norm))
            features = spec.embedding
            if spec.embedding_norm:
                layers.append(nn.BatchNorm1d(features))
        self.embedding = nn.Sequential(*layers)
        self.recurrent = None
        if spec.recurrent is not None:
            self.recurrent = build_recurrent(spec.recurrent, features, scaled(spec.recurrent.units, spec))
            features = self.recurrent.units
        self.features = features

    def forward(self, pictures: Tensor, landmarks: Tensor | None) -> Tensor:
        """What each of ``pictures`` (N, 3, S, S) gives by itself: all that comes before the recurrent part."""
        features = self.encoder(normalise(pictures, self.normalisation))
        features = features.mean(dim=(2, 3)) if self.average else features.flatten(1)
        if landmarks is not None:
            features = torch.cat([features, landmarks.to(features.dtype)], dim=1)
        features = self.fully_connected(features)
        embedded: Tensor = self.embedding(features)
        return embedded

    def follow(self, features: Tensor, state: Tensor | None, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """``features`` of forward along time, and the state of the recurrent part; unchanged where there is none."""
        if self.recurrent is None:
            return features, None
        return along_time(self.recurrent, features, state, lengths)
