"""CNN-M trained on faces and then FaceValue (Albanie and Vedaldi, BMVC 2016), from which IJCV 2019's baseline starts.

Only the convolutions, and the batch norms where the file has them, fit the network of IJCV 2019, Table 4.
"""

from affect.pretrained.source import Form, Source, Spelling, respelled


def _spelling(suffixes: dict[str, str], convolution: tuple[str, str]) -> Spelling:
    """``suffixes`` are those of a batch norm's parts, ``convolution`` of a convolution's weight and bias."""
    weight, bias = convolution
    rules = [(r"encoder\.layers\.(conv\d)\.weight", rf"\1{weight}"), (r"encoder\.layers\.(conv\d)\.bias", rf"\1{bias}")]
    for place in range(1, 6):
        # MatConvNet numbered them when it put them in.
        rules += [
            (rf"encoder\.layers\.norm{place}\.{part}", f"bn{48 + place}{suffix}") for part, suffix in suffixes.items()
        ]
    return respelled(*rules)


MATCONVNET = _spelling({"weight": "m", "bias": "b", "running_mean": "x.mean", "running_var": "x.var"}, ("f", "b"))
PYTORCH = _spelling({part: f".{part}" for part in ("weight", "bias", "running_mean", "running_var")},
                    (".weight", ".bias"))  # fmt: skip
NORMS = r"bn(49|5[0-3])\D.*"
AFTER = r"(?!conv[1-5]\D)(?!bn(49|5[0-3])\D).*"
"""All that follows the convolutions."""

FACEVALUE_CNN_M = Source(
    encoders=("cnn-m",),
    normalisation="facevalue",
    first="encoder.layers.conv1.weight",
    forms=(
        Form("MatConvNet's DagNN or SimpleNN (conv1f, conv1b)", "matconvnet", "rgb", MATCONVNET, AFTER, optional=NORMS),
        Form("pytorch-mcn's vgg_m_face_bn files (conv1.weight)", "pytorch", "rgb", PYTORCH, AFTER, optional=NORMS),
    ),
    classes=(),
    origin=(
        "Visual Geometry Group, Oxford: the VGG-M models of its pages on FaceValue, for MatConvNet; "
        "its terms are not stated in the files"
    ),
)
