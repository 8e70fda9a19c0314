"""Deep Affect Prediction in-the-wild: Aff-Wild Database and Challenge, Deep Architectures, and Beyond (IJCV 2019)."""

from affect.catalogue.entry import Entry
from affect.networks.spec import NetworkSpec, Recurrent
from affect.objectives.settings import ObjectiveSettings

FULLY_CONNECTED = {"vgg-face": (4096, 2048), "vgg-16": (4096, 2048), "resnet-50": (1500, 256)}
"""Units of the fully connected layers on each encoder (Table 7, section 4.2.1.1)."""

PRETRAINED = {
    "vgg-face": ("vgg-face",),
    "vgg-16": ("imagenet-vgg-16",),
    "resnet-50": ("imagenet-resnet-50",),
    "cnn-m": ("facevalue-cnn-m",),
}

SHAPES = tuple((layers, units) for units in (100, 128, 150) for layers in (1, 2))
"""Recurrent layers and units of Table 14."""


def cnn(encoder: str, *, landmarks: bool = True) -> NetworkSpec:
    """The CNN on ``encoder`` (Table 7, Figures 11 and 12); dropout as in section 4.2.1."""
    return NetworkSpec(
        encoder=encoder,
        input_size=224,
        # ResNet-50 ends in an average pool, VGG in a map.
        pooling="average" if encoder == "resnet-50" else "flatten",
        landmarks=landmarks,
        fully_connected=FULLY_CONNECTED[encoder],
        dropout=0.5,
        heads=("valence_arousal",),
    )


def cnn_rnn(
    encoder: str = "vgg-face",
    cell: str = "gru",
    layers: int = 2,
    units: int = 128,
    fed_by: int = 1,
    *,
    landmarks: bool = True,
) -> NetworkSpec:
    """The recurrent layers on the CNN's fully connected layer number ``fed_by`` (Table 8, Figure 13)."""
    spec = cnn(encoder, landmarks=landmarks)
    recurrent = Recurrent(cell=cell, layers=layers, units=units, dropout=0.5)
    return spec.model_copy(update={"fully_connected": spec.fully_connected[:fed_by], "recurrent": recurrent})


def expression(spec: NetworkSpec) -> NetworkSpec:
    """``spec`` with seven outputs instead of valence and arousal (section 5.2.1)."""
    return spec.model_copy(update={"heads": ("expression",)})


ROWS = {
    "cnn-m": (("5", "cnn-m"),),
    # Table 9's figures of VGG-Face are those of Table 10 with landmarks.
    "vgg-face": (
        ("9", "vgg-face"),
        ("10", "vgg-face/with-landmarks"),
        ("11", "vgg-face/one-annotator"),
        ("11", "vgg-face/mean-of-annotators"),
        ("13", "best-cnn"),
    ),
    "vgg-face-without-landmarks": (("10", "vgg-face/without-landmarks"), ("17", "vgg-face/only-cnn")),
    "vgg-16": (("9", "vgg-16"),),
    "resnet-50": (("9", "resnet-50"),),
    "affwildnet": (
        ("12", "affwildnet"),
        ("13", "affwildnet"),
        ("14", "cnn-rnn/2x128"),
        ("15", "affwildnet/fine-tuned"),
        ("16", "affwildnet/fine-tuned"),
        ("17", "affwildnet/fine-tuned"),
    ),
    "affwildnet-lstm": (("12", "best-cnn-lstm"),),
    "resnet-gru": (("15", "resnet-gru"),),
    "vgg-16-emotiw": (("18", "vgg-16"),),
    "resnet-50-emotiw": (("18", "resnet-50"),),
    **{f"{encoder}-rnn-emotiw": (("18", f"{encoder}-rnn"),) for encoder in FULLY_CONNECTED},
    "affwildnet-emotiw": (("18", "affwildnet/fine-tuned"), ("19", "affwildnet/fine-tuned")),
    **{f"affwildnet-{layers}x{units}": (("14", f"cnn-rnn/{layers}x{units}"),) for layers, units in SHAPES},
}
"""The tables' rows, by network."""


def _specs() -> dict[str, tuple[NetworkSpec, str]]:
    """Every network and where it is described."""
    specs: dict[str, tuple[NetworkSpec, str]] = {
        "cnn-m": (
            NetworkSpec(
                encoder="cnn-m",
                input_size=224,
                fully_connected=(4096,),
                dropout=0.0,
                initialisation="cnn-m",
                heads=("valence_arousal",),
            ),
            "section 4.1.1, Table 4",
        ),
        # RECOLA's comparison: "a ResNet-50 and a 2-layer GRU stacked on top", no fully connected layer between.
        "resnet-gru": (
            cnn("resnet-50", landmarks=False).model_copy(
                update={"fully_connected": (), "dropout": 0.0, "recurrent": Recurrent()}
            ),
            "section 5.1.1",
        ),
        # "The cropped faces provided by the challenge were only used": no landmarks.
        "affwildnet-emotiw": (expression(cnn_rnn(landmarks=False)), "section 5.2.1"),
    }
    for encoder in FULLY_CONNECTED:
        where = "section 4.2.1.1, Figure 11" if encoder == "resnet-50" else "section 4.2.1.2, Table 7, Figure 12"
        specs[encoder] = cnn(encoder), where
        specs[f"{encoder}-without-landmarks"] = cnn(encoder, landmarks=False), where
        specs[f"{encoder}-emotiw"] = expression(cnn(encoder, landmarks=False)), "section 5.2.1"
        specs[f"{encoder}-rnn-emotiw"] = expression(cnn_rnn(encoder, landmarks=False)), "section 5.2.1"
    where = "section 4.2.1.3, Table 8, Figure 13"
    for layers, units in SHAPES:
        if (layers, units) != (2, 128):
            specs[f"affwildnet-{layers}x{units}"] = cnn_rnn(layers=layers, units=units), where
    for encoder, base in (("vgg-face", "affwildnet"), ("resnet-50", "affwildnet-resnet-50")):
        for cell, ending in (("gru", ""), ("peephole-lstm", "-lstm")):
            name = base + ending
            specs[name] = cnn_rnn(encoder, cell), where
            specs[f"{name}-second-fc"] = cnn_rnn(encoder, cell, fed_by=2), where
            specs[f"{name}-without-landmarks"] = cnn_rnn(encoder, cell, landmarks=False), where
    return specs


ENTRIES = {
    name: Entry(
        spec,
        ObjectiveSettings(valence_arousal="mse" if name == "cnn-m" else "ccc"),
        where,
        ROWS.get(name, ()),
        PRETRAINED[spec.encoder],
    )
    for name, (spec, where) in _specs().items()
}
