"""Networks by name: an encoder is one file and one entry here, the rest of a network is its specification."""

import difflib
from collections.abc import Callable

from affect.errors import AffectError
from affect.networks.arc_res import arc_res
from affect.networks.batchnorm import synchronise
from affect.networks.encoder import Encoder
from affect.networks.initialisation import initialise
from affect.networks.network import Network
from affect.networks.spec import ArcFace, NetworkSpec
from affect.networks.vgg import vgg_face

__all__ = ["ENCODERS", "ArcFace", "Encoder", "Network", "NetworkSpec", "build"]

ENCODERS: dict[str, Callable[[NetworkSpec], Encoder]] = {
    "vgg-face": vgg_face,
    "arc-res": arc_res,
}


def build(spec: NetworkSpec) -> Network:
    """The network of ``spec``, freshly initialised from torch's global generator.

    Raises AffectError naming the nearest encoder where ``spec`` names one that there is not.
    """
    if spec.encoder not in ENCODERS:
        (nearest,) = difflib.get_close_matches(spec.encoder, ENCODERS, n=1, cutoff=0)
        known = ", ".join(ENCODERS)
        raise AffectError(f"there is no encoder {spec.encoder!r}; did you mean {nearest!r}? Known: {known}")
    network = Network(spec, ENCODERS[spec.encoder](spec))
    initialise(network)
    if spec.sync_batchnorm:
        synchronise(network)
    return network
