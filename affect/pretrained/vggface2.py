"""VGGFace2: ResNet-50 trained on 8,631 people (Cao et al., FG 2018), which strides in a stage's first 1x1."""

import re

from affect.pretrained.source import Form, Source, Spelling, respelled

LAYER = re.compile(
    r"encoder\.layers\.(?:(?P<first>conv1|bn1)"
    r"|layer(?P<stage>\d)\.(?P<unit>\d)\.(?:(?P<kind>conv|bn)(?P<place>[123])|downsample\.(?P<shortcut>[01])))"
    r"\.(?P<part>.+)"
)
PLACES = {"1": "1x1_reduce", "2": "3x3", "3": "1x1_increase"}


def _spelling(separator: str, *, scale: str) -> Spelling:
    """Names of Caffe's layers; what a batch norm learns stands under its name and ``scale``."""

    def spelling(name: str) -> str | None:
        match = LAYER.fullmatch(name)
        if match is None:
            return None
        if match["first"]:
            layer, norm = f"conv1{separator}7x7_s2", match["first"] == "bn1"
        else:
            place = PLACES[match["place"]] if match["place"] else "1x1_proj"
            layer = f"conv{int(match['stage']) + 1}_{int(match['unit']) + 1}_{place}"
            norm = match["kind"] == "bn" or match["shortcut"] == "1"
        if norm:
            layer += f"{separator}bn" + (scale if match["part"] in {"weight", "bias"} else "")
        return f"{layer}.{match['part']}"

    return spelling


VGGFACE2_RESNET_50 = Source(
    encoders=("resnet-50-caffe",),
    normalisation="vggface2",
    first="encoder.layers.conv1.weight",
    forms=(
        Form(
            "the authors' Caffe model, resnet50_ft.caffemodel or resnet50_scratch.caffemodel",
            "caffe",
            "bgr",
            _spelling("/", scale="/scale"),
            r"classifier\.(weight|bias)",
            "classifier.weight",
        ),
        # The authors' own example feeds these RGB.
        Form(
            "the authors' or pytorch-mcn's PyTorch file (conv1_7x7_s2.weight)",
            "pytorch",
            "rgb",
            _spelling("_", scale=""),
            r"classifier\.(weight|bias)",
            "classifier.weight",
        ),
        Form(
            "a conversion of the Caffe model with torchvision's names (layer1.0.conv1.weight)",
            "pytorch",
            "bgr",
            respelled((r"encoder\.layers\.(.+)", r"\1")),
            r"fc\.(weight|bias)",
            "fc.weight",
        ),
    ),
    classes=(8631,),
    origin=(
        "Visual Geometry Group, Oxford: resnet50_ft_caffe.tar.gz (first trained on MS-Celeb-1M) or "
        "resnet50_scratch_caffe.tar.gz of its VGGFace2 models; their terms stand on its page, and the pictures' are "
        "for research that is not commercial"
    ),
)
