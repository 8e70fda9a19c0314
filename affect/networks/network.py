"""The composition of encoder, fully connected layers, embedding and heads."""

from torch import Tensor, nn

from affect.errors import AffectError
from affect.networks.encoder import Encoder, scaled
from affect.networks.heads import HEADS, HeadLayer
from affect.networks.spec import NetworkSpec


class Network(nn.Module):
    """Pictures to valence-arousal, expression and action units, all from one feature space."""

    def __init__(self, spec: NetworkSpec, encoder: Encoder) -> None:
        super().__init__()
        self.spec = spec
        self.encoder = encoder
        features = encoder.features
        layers: list[nn.Module] = []
        for units in spec.fully_connected:
            layers += [nn.Linear(features, scaled(units, spec)), nn.ReLU(inplace=True), nn.Dropout(spec.dropout)]
            features = scaled(units, spec)
        self.fully_connected = nn.Sequential(*layers)
        layers = []
        if spec.embedding is not None:
            if not spec.fully_connected:
                layers.append(nn.Dropout(spec.dropout))
            # The batch norm has its own bias.
            layers += [nn.Linear(features, spec.embedding, bias=False), nn.BatchNorm1d(spec.embedding)]
            features = spec.embedding
        self.embedding = nn.Sequential(*layers)
        self.embedding_size = features
        """Length d of what the heads see."""
        self.heads = nn.ModuleDict({name: HEADS[name](features, spec) for name in spec.heads})

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Outputs for ``images`` (B, 3, S, S) in [-1, 1], as the objectives take them.

        "embedding" (B, d), and of the declared heads "valence_arousal" (B, 2), "expression" (B, 7) logits (cosines with
        ArcFace), "action_units" (B, K) logits. Raises AffectError where the pictures have another size.
        """
        size = self.spec.input_size
        if images.shape[1:] != (3, size, size):
            given = "x".join(map(str, images.shape[1:]))
            raise AffectError(f"the network takes pictures of 3x{size}x{size}, these are {given}")
        embedding = self.embedding(self.fully_connected(self.encoder(images).flatten(1)))
        return {"embedding": embedding} | {name: head(embedding) for name, head in self.heads.items()}

    def predict(self, images: Tensor) -> dict[str, Tensor]:
        """Predictions for ``images`` (B, 3, S, S) in [-1, 1], float32, of the declared heads.

        "valence_arousal" (B, 2) in [-1, 1], "expression" (B, 7) and "action_units" (B, K) probabilities. Neither
        switches to eval mode nor turns gradients off.
        """
        return self.read(self(images))

    def read(self, outputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """The predictions that belong to ``outputs`` of forward."""
        predictions = {}
        for name, head in self.heads.items():
            assert isinstance(head, HeadLayer)
            predictions[name] = head.predict(outputs[name], outputs["embedding"])
        return predictions
