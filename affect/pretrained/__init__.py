"""Weights from outside: each source is one entry here."""

from affect.pretrained.facevalue import FACEVALUE_CNN_M
from affect.pretrained.imagenet import IMAGENET_ALEXNET, IMAGENET_DENSENET_121, IMAGENET_RESNET_50, IMAGENET_VGG_16
from affect.pretrained.source import Source
from affect.pretrained.sphereface import SPHEREFACE_20
from affect.pretrained.vgg_face import VGG_FACE, VGG_FACE_RGB
from affect.pretrained.vggface2 import VGGFACE2_RESNET_50

SOURCES: dict[str, Source] = {
    "vgg-face": VGG_FACE,
    "vgg-face-rgb": VGG_FACE_RGB,
    "vggface2-resnet-50": VGGFACE2_RESNET_50,
    "imagenet-vgg-16": IMAGENET_VGG_16,
    "imagenet-resnet-50": IMAGENET_RESNET_50,
    "imagenet-densenet-121": IMAGENET_DENSENET_121,
    "imagenet-alexnet": IMAGENET_ALEXNET,
    "sphereface-20": SPHEREFACE_20,
    "facevalue-cnn-m": FACEVALUE_CNN_M,
}
