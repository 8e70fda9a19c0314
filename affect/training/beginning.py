"""The network that a training run begins with."""

import logging

from affect.models.files import load_model, locate_model
from affect.networks import Network, build
from affect.networks.parts import freeze, load_parts
from affect.pretrained.loading import load_pretrained
from affect.training.settings import TrainConfig

logger = logging.getLogger("affect.training")


def begin(config: TrainConfig) -> Network:
    """The network of ``config`` with what it begins with loaded, and its frozen parts frozen.

    Raises AffectError where a model or file is missing, wrong or not made for the network, or a part has another name.
    """
    network = build(config.network)
    for start in config.start:
        other, _ = load_model(locate_model(start.model))
        tensors = load_parts(network, other, start.parts)
        logger.info("%d tensors of %s from %s", len(tensors), ", ".join(start.parts), start.model)
    for stream, weights in config.pretrained.items():
        loaded = load_pretrained(
            network, weights.source, weights.uri, weights.sha256, stream, parts=config.pretrained_parts
        )
        logger.info("%s", loaded)
    freeze(network, config.frozen)
    return network
