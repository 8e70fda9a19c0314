"""Weights of a file into a stream of a network, every tensor of both accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch

from affect.errors import AffectError
from affect.networks import Network
from affect.networks.normalisation import NORMALISATIONS
from affect.pretrained import SOURCES
from affect.pretrained.files import read_weights
from affect.pretrained.matching import choose_form, match
from affect.pretrained.source import Source
from affect.registry import look_up


@dataclass(frozen=True)
class Loaded:
    """Where each tensor of a network's stream comes from, and what became of each of the file's."""

    source: str
    uri: str
    form: str
    sha256: str
    loaded: Mapping[str, str]
    """Names in the file by names in the network."""
    left_out: Mapping[str, str]
    """Why, by names in the file."""
    fresh: tuple[str, ...]
    """Names in the network that kept what they had."""

    def __str__(self) -> str:
        lines = [
            f"{self.source}: {len(self.loaded)} tensors from {self.uri}, read as {self.form} (SHA-256 {self.sha256})"
        ]
        lines += [f"  left out: {name}, {reason}" for name, reason in self.left_out.items()]
        lines += [f"  fresh: {layer}" for layer in dict.fromkeys(name.rpartition(".")[0] for name in self.fresh)]
        return "\n".join(lines)


def load_pretrained(
    network: Network,
    source: str,
    uri: str,
    sha256: str | None = None,
    stream: str = "image",
    *,
    parts: Literal["all", "encoder"] = "all",
) -> Loaded:
    """Load the weights of ``source``, one of SOURCES, from the file at ``uri`` into ``stream`` of ``network``.

    The encoder is filled whole; of "all" ``parts`` fully connected layers as far as they have the file's shapes; all
    else stays. Raises AffectError, with the network unchanged, where the network is not the one the weights are for (it
    names the setting), the file is not what it should be (see ``read_weights``), or tensors are missing, too many or of
    another shape, all of which it lists.
    """
    entry = look_up(SOURCES, source, "source of pre-trained weights")
    _check(network, source, entry, stream)
    weights = read_weights(uri, sha256)
    form = choose_form(entry, network, weights, f"{uri} as {source}", stream)
    what = f"{uri} as {source}, {form.title}"
    classifier = weights.tensors.get(form.classifier)
    if classifier is not None and not set(entry.classes) & set(classifier.shape):
        raise AffectError(
            f"{what}: its {form.classifier} is {list(classifier.shape)}, not of {entry.classes[0]} classes as that of "
            f"{source}; give the right file"
        )
    loaded, left_out = match(form, network, weights.tensors, what, stream, encoder_only=parts == "encoder")
    tensors = network.state_dict()
    prefix = f"streams.{stream}."
    with torch.no_grad():
        for name, name_in_file in loaded.items():
            tensor = weights.tensors[name_in_file].reshape(tensors[name].shape)
            swapped = name == prefix + entry.first and form.order != NORMALISATIONS[entry.normalisation].order
            tensors[name].copy_(tensor.flip(1) if swapped else tensor)
    fresh = tuple(name for name in tensors if name not in loaded)
    return Loaded(source, uri, form.title, weights.sha256, loaded, left_out, fresh)


def _check(network: Network, source: str, entry: Source, stream: str) -> None:
    spec = network.spec
    faults = []
    if stream not in spec.streams:
        raise AffectError(f"the network has no stream {stream!r}, only {', '.join(spec.streams)}")
    if spec.encoder not in entry.encoders:
        faults.append(f"network.encoder={entry.encoders[0]} (it is {spec.encoder})")
    if spec.normalisation != entry.normalisation:
        faults.append(f"network.normalisation={entry.normalisation} (it is {spec.normalisation})")
    if spec.width != 1:
        faults.append(f"network.width=1, the size they were trained at (it is {spec.width:g})")
    if faults:
        raise AffectError(f"the weights of {source} need " + " and ".join(faults))
