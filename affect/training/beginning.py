"""The network that a training run begins with."""

import logging

from affect.networks import Network, build
from affect.networks.parts import freeze
from affect.pretrained.loading import load_pretrained
from affect.training.settings import TrainConfig

logger = logging.getLogger("affect.training")


def begin(config: TrainConfig) -> Network:
    """The network of ``config`` with its pre-trained weights loaded and its frozen parts frozen.

    Raises AffectError where a weight file is missing, wrong or not made for the network, or a part has another name.
    """
    network = build(config.network)
    for stream, weights in config.pretrained.items():
        logger.info("%s", load_pretrained(network, weights.source, weights.uri, weights.sha256, stream))
    freeze(network, config.frozen)
    return network
