"""Networks by name: an encoder is one file and one entry here, the rest of a network is its specification."""

from collections.abc import Callable

from affect.networks.alexnet import alexnet
from affect.networks.arc_res import arc_res
from affect.networks.batchnorm import synchronise
from affect.networks.cnn_m import cnn_m
from affect.networks.densenet import densenet_121
from affect.networks.encoder import Encoder
from affect.networks.inception_resnet_v1 import inception_resnet_v1
from affect.networks.inception_resnet_v2 import inception_resnet_v2
from affect.networks.initialisation import initialise
from affect.networks.network import Network
from affect.networks.resnet import resnet_50, resnet_50_caffe
from affect.networks.spec import ArcFace, NetworkSpec, Recurrent
from affect.networks.sphereface import sphereface_20
from affect.networks.vgg import vgg_face
from affect.registry import look_up

__all__ = ["ENCODERS", "ArcFace", "Encoder", "Network", "NetworkSpec", "Recurrent", "build"]

ENCODERS: dict[str, Callable[[NetworkSpec], Encoder]] = {
    "vgg-face": vgg_face,
    "vgg-16": vgg_face,  # Its weights are others (IJCV 2019, Table 7).
    "resnet-50": resnet_50,
    "resnet-50-caffe": resnet_50_caffe,
    "densenet-121": densenet_121,
    "alexnet": alexnet,
    "cnn-m": cnn_m,
    "sphereface-20": sphereface_20,
    "inception-resnet-v1": inception_resnet_v1,
    "inception-resnet-v2": inception_resnet_v2,
    "arc-res": arc_res,
}


def build(spec: NetworkSpec) -> Network:
    """The network of ``spec``, freshly initialised from torch's global generator.

    Raises AffectError naming the nearest entry where ``spec`` names an encoder, a cell or the like that there is not.
    """
    network = Network(spec, look_up(ENCODERS, spec.encoder, "encoder"))
    initialise(network, spec.initialisation)
    if spec.sync_batchnorm:
        synchronise(network)
    return network
