"""Aff-Wild2: Extending the Aff-Wild Database for Affect Recognition (2018)."""

from affect.catalogue.entry import Entry
from affect.networks.spec import NetworkSpec, Recurrent
from affect.objectives.settings import ObjectiveSettings

PRETRAINING = {"1": ("vggface",), "2": ("vggface2",), "12": ("vggface", "vggface2")}
"""Corpora, as jobs.preprocess calls them, that the digits of a network's name stand for (Table III)."""

PUBLISHED = {
    "vggface1": "vgg-face",
    "resnet2": "vggface2-resnet-50",
    "densenet": "imagenet-densenet-121",
}
"""Weights that are given out, among affect.pretrained.SOURCES; the others a run of pretrain-identity/... makes."""

ENCODERS = {"vggface": "vgg-face", "resnet": "resnet-50-caffe", "densenet": "densenet-121"}
"""ResNet-50 in the form of VGGFace2's own weights, which differs from torchvision's in where it strides."""

CELLS = ("lstm", "gru", "indrnn")
ATTENTION_LENGTH = 32


def cnn_rnn(encoder: str, cell: str, *, attention: bool = False, pooled: bool = True) -> NetworkSpec:
    """The recurrent layers on the encoder's averaged last map, or on VGGFACE's first fully connected layer.

    Section III.B. Dropout after that layer is printed nowhere; AffWildNet, which it follows, has 0.5. The attention
    is TensorFlow's to the letter, input layer included.
    """
    return NetworkSpec(
        encoder=encoder,
        pooling="average" if pooled else "flatten",
        fully_connected=() if pooled else (4096,),
        dropout=0.0 if pooled else 0.5,
        recurrent=Recurrent(cell=cell, attention=ATTENTION_LENGTH if attention else None, attention_input="features"),
        heads=("valence_arousal",),
    )


def _entries() -> dict[str, Entry]:
    entries = {}
    backbones = [(backbone, digits) for backbone in ("vggface", "resnet") for digits in PRETRAINING]
    for backbone, digits in [*backbones, ("densenet", "")]:
        encoder = ENCODERS[backbone]
        cnn = f"{backbone}{digits}"
        weights = PUBLISHED.get(cnn, f"pretrain-identity/{cnn}")
        table = {"vggface": "IV", "resnet": "V", "densenet": "VI"}[backbone]
        for cell in CELLS:
            name = f"{cnn}-{cell}"
            for attention in (False, True):
                full = f"{name}-attention" if attention else name
                rows: tuple[tuple[str, str], ...] = () if attention else ((table, full),)
                if name in ("vggface1-gru", "resnet2-gru", "densenet-gru"):
                    rows += (("VII", full),)
                if full == "vggface1-gru-attention":
                    rows += (("VIII", f"{full}/fine-tuned"),)
                for pooled in (False, True) if backbone == "vggface" else (True,):
                    spec = cnn_rnn(encoder, cell, attention=attention, pooled=pooled)
                    # The paper prints the results of the fully connected layer only, which were better.
                    other = backbone == "vggface" and pooled
                    entries[f"{full}-pooled" if other else full] = Entry(
                        spec,
                        ObjectiveSettings(valence_arousal="ccc"),
                        "section III.B, Table III, Figure 6",
                        () if other else rows,
                        (weights,),
                    )
    return entries


ENTRIES = _entries()
