"""torchvision's networks trained on the 1,000 classes of ImageNet, as its state dicts name them."""

from affect.pretrained.source import Form, Source, Spelling, respelled

ORIGIN = (
    "the PyTorch project: the IMAGENET1K_V1 file of torchvision.models, {}; the code's licence is BSD-3-Clause, "
    "ImageNet's own terms are for research that is not commercial"
)


def _form(spelling: Spelling, left_out: str, classifier: str, title: str = "torchvision's state dict") -> Form:
    return Form(title, "pytorch", "rgb", spelling, left_out, classifier)


VGG_SPELLING = respelled((r"encoder\.layers\.(.+)", r"features.\1"), (r"fully_connected\.([03]\..+)", r"classifier.\1"))
VGG_CLASSIFIER = r"classifier\.[036]\.(weight|bias)"
FEATURES = (r"encoder\.layers\.(.+)", r"features.\1")

IMAGENET_VGG_16 = Source(
    encoders=("vgg-16",),
    normalisation="imagenet",
    first="encoder.layers.0.weight",
    forms=(_form(VGG_SPELLING, VGG_CLASSIFIER, "classifier.6.weight"),),
    classes=(1000,),
    origin=ORIGIN.format("vgg16-397923af.pth"),
)

IMAGENET_RESNET_50 = Source(
    encoders=("resnet-50",),
    normalisation="imagenet",
    first="encoder.layers.conv1.weight",
    forms=(_form(respelled((r"encoder\.layers\.(.+)", r"\1")), r"fc\.(weight|bias)", "fc.weight"),),
    classes=(1000,),
    origin=ORIGIN.format("resnet50-0676ba61.pth"),
)

IMAGENET_DENSENET_121 = Source(
    encoders=("densenet-121",),
    normalisation="imagenet",
    first="encoder.layers.conv0.weight",
    forms=(
        _form(respelled(FEATURES), r"classifier\.(weight|bias)", "classifier.weight"),
        # The files themselves have the names that torchvision had first: norm.1 where it now has norm1.
        _form(
            respelled((r"encoder\.layers\.(.+denselayer\d+\.(?:norm|conv))([12]\..+)", r"features.\1.\2"), FEATURES),
            r"classifier\.(weight|bias)",
            "classifier.weight",
            "torchvision's file, which has older names (denselayer1.norm.1)",
        ),
    ),
    classes=(1000,),
    origin=ORIGIN.format("densenet121-a639ec97.pth"),
)

IMAGENET_ALEXNET = Source(
    encoders=("alexnet",),
    normalisation="imagenet",
    first="encoder.layers.0.weight",
    forms=(
        _form(
            respelled(
                FEATURES,
                (r"fully_connected\.0\.(.+)", r"classifier.1.\1"),
                (r"fully_connected\.3\.(.+)", r"classifier.4.\1"),
            ),
            r"classifier\.[146]\.(weight|bias)",
            "classifier.6.weight",
        ),
    ),
    classes=(1000,),
    origin=ORIGIN.format("alexnet-owt-7be5be79.pth"),
)
