"""VGG-Face: VGG-16 trained on 2,622 people (Parkhi, Vedaldi and Zisserman, BMVC 2015)."""

from collections.abc import Callable
from typing import Literal

from affect.networks.vgg import BLOCKS
from affect.pretrained.imagenet import VGG_CLASSIFIER, VGG_SPELLING
from affect.pretrained.source import Form, Source, Spelling


def _layers() -> dict[str, str]:
    """The authors' names of a stream's layers."""
    names = {}
    layer = 0
    for block, (_, convolutions) in enumerate(BLOCKS, 1):
        for place in range(1, convolutions + 1):
            names[f"encoder.layers.{layer}"] = f"conv{block}_{place}"
            layer += 2
        layer += 1
    return names | {"fully_connected.0": "fc6", "fully_connected.3": "fc7"}


LAYERS = _layers()


def _spelling(rename: Callable[[str], str], weight: str = ".weight", bias: str = ".bias") -> Spelling:
    def spelling(name: str) -> str | None:
        layer, _, part = name.rpartition(".")
        return rename(LAYERS[layer]) + {"weight": weight, "bias": bias}[part] if layer in LAYERS else None

    return spelling


def _underscored(layer: str) -> str:
    return layer.replace("conv", "conv_")


CLASSIFIER = r"fc[678]\.(weight|bias)"
TORCHVISION = "a PyTorch conversion with torchvision's names (features.0.weight)"


def _torchvision(title: str, order: Literal["rgb", "bgr"]) -> Form:
    return Form(title, "pytorch", order, VGG_SPELLING, VGG_CLASSIFIER, "classifier.6.weight")


VGG_FACE = Source(
    encoders=("vgg-face",),
    normalisation="vgg-face",
    first="encoder.layers.0.weight",
    forms=(
        Form("the authors' Caffe model, VGG_FACE.caffemodel", "caffe", "bgr", _spelling(str), CLASSIFIER, "fc8.weight"),
        # MatConvNet reads pictures as RGB, and so do PyTorch files that were made from its models.
        Form("MatConvNet's vgg_face.mat", "matconvnet", "rgb", _spelling(str, "f", "b"), r"fc[678][fb]", "fc8f"),
        Form(
            "pytorch-mcn's vgg_face_dag.pth (conv1_1.weight)",
            "pytorch",
            "rgb",
            _spelling(str),
            CLASSIFIER,
            "fc8.weight",
        ),
        Form(
            "a conversion of the authors' VGG_FACE.t7 (conv_1_1.weight)",
            "pytorch",
            "bgr",
            _spelling(_underscored),
            CLASSIFIER,
            "fc8.weight",
        ),
        Form(
            "PyVGGFace's vggface.pth, of the authors' VGG_FACE.t7 (features.conv_1_1.weight)",
            "pytorch",
            "bgr",
            _spelling(lambda layer: ("fc." if layer.startswith("fc") else "features.") + _underscored(layer)),
            r"fc\." + CLASSIFIER,
            "fc.fc8.weight",
        ),
        # Nothing in such a file says which colour comes first; the authors' own networks begin with blue.
        _torchvision(TORCHVISION, "bgr"),
    ),
    classes=(2622,),
    origin=(
        "Visual Geometry Group, Oxford: vgg_face_caffe.tar.gz (VGG_FACE.caffemodel) or vgg_face_matconvnet.tar.gz "
        "(vgg_face.mat) of its page on VGG Face; for research that is not commercial"
    ),
)

VGG_FACE_RGB = Source(
    encoders=VGG_FACE.encoders,
    normalisation=VGG_FACE.normalisation,
    first=VGG_FACE.first,
    forms=(_torchvision(TORCHVISION + " that takes RGB", "rgb"),),
    classes=VGG_FACE.classes,
    origin="whoever made the conversion of the weights of the source vgg-face, on the terms of these",
)
