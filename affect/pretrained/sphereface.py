"""SphereFace-20, trained on CASIA-WebFace (Liu et al., CVPR 2017)."""

from affect.pretrained.source import Form, Source, respelled

SPELLING = respelled((r"encoder\.layers\.(.+)", r"\1"))
# The embedding, fc5, was trained on maps of 7x6 of pictures of 112x96; the networks here take square ones.
LEFT_OUT = r"fc[56]\.(weight|bias)"

SPHEREFACE_20 = Source(
    encoders=("sphereface-20",),
    normalisation="sphereface",
    first="encoder.layers.conv1_1.weight",
    forms=(
        Form("the authors' Caffe model, sphereface_model.caffemodel", "caffe", "bgr", SPELLING, LEFT_OUT, "fc6.weight"),
        Form("sphereface_pytorch's sphere20a_20171020.pth", "pytorch", "bgr", SPELLING, LEFT_OUT, "fc6.weight"),
    ),
    classes=(10572, 10574),
    origin=(
        "its authors' repository wy1iu/sphereface on GitHub (MIT licence), or clcarwin/sphereface_pytorch there, whose "
        "sphere20a_20171020.7z holds the .pth; CASIA-WebFace is for research that is not commercial"
    ),
)
