"""Which tensor of a file is which of a network's, and that none is forgotten."""

from collections.abc import Mapping

from torch import Tensor

from affect.errors import AffectError
from affect.networks import Network
from affect.pretrained.files import READERS, Weights
from affect.pretrained.source import Form, Source

COUNTER = "num_batches_tracked"
"""What PyTorch's batch norms count and hardly any file has."""
ENCODER, FULLY_CONNECTED = "encoder.", "fully_connected."


def choose_form(source: Source, network: Network, weights: Weights, what: str, stream: str) -> Form:
    """The form whose names the file has most of. Raises AffectError that tells the forms where it has none's."""
    candidates = [form for form in source.forms if form.kind == weights.kind]
    found = {
        form.title: sum(form.spelling(name) in weights.tensors for name in _parts(network, stream))
        for form in candidates
    }
    best = max(candidates, key=lambda form: found[form.title], default=None)
    if best is None or found[best.title] == 0:
        holds = ", ".join(sorted(weights.tensors)[:5])
        forms = "; ".join(f"{form.title} ({_suffixes(form)})" for form in source.forms)
        raise AffectError(f"{what}: it holds {holds} ..., which no form of it does. There are: {forms}")
    return best


def match(
    form: Form,
    network: Network,
    tensors: Mapping[str, Tensor],
    what: str,
    stream: str,
    *,
    encoder_only: bool = False,
) -> tuple[dict[str, str], dict[str, str]]:
    """Names in the file by names in the network, and why the rest of the file is left out.

    Raises AffectError that lists every tensor at fault; ``what`` begins it.
    """
    expected = _parts(network, stream)
    if encoder_only:
        expected = {name: tensor for name, tensor in expected.items() if name.startswith(ENCODER)}
    spelled = {name: spelling for name in expected if (spelling := form.spelling(name)) is not None}
    present = {_layer(name) for name, spelling in spelled.items() if spelling in tensors}
    left_out = _misfits(spelled, expected, tensors)
    loaded, faults = {}, []
    for name, spelling in spelled.items():
        if spelling in left_out or (_optional(form, name, spelling) and _layer(name) not in present):
            continue
        if spelling not in tensors:
            if not name.endswith(COUNTER):
                faults.append(f"missing: {spelling} {list(expected[name].shape)}")
        elif not _fits(tensors[spelling], expected[name]):
            shapes = list(tensors[spelling].shape), list(expected[name].shape)
            faults.append(f"{spelling} has shape {shapes[0]}, the network needs {shapes[1]}")
        else:
            loaded[f"streams.{stream}.{name}"] = spelling
    rest = set(tensors) - set(spelled.values())
    reason = "which is not of the encoder" if encoder_only else "which the network has no place for"
    left_out |= {name: reason for name in sorted(rest) if form.knows(name)}
    faults += [f"surplus: {name} {list(tensors[name].shape)}" for name in sorted(rest - set(left_out))]
    if faults:
        raise AffectError(f"{what}, does not fit the network:\n  " + "\n  ".join(faults))
    return loaded, left_out


def _misfits(
    spelled: Mapping[str, str], expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]
) -> dict[str, str]:
    """Fully connected layers of the file from the first that has another shape here: those after it saw its units."""
    left_out: dict[str, str] = {}
    first = ""
    for name, spelling in spelled.items():
        if not name.startswith(FULLY_CONNECTED):
            continue
        found, needed = tensors.get(spelling), expected[name]
        if found is not None and not _fits(found, needed):
            left_out[spelling] = f"{list(found.shape)} where the network has {list(needed.shape)}"
        elif found is not None and first:
            left_out[spelling] = f"without {first}"
        if found is None or spelling in left_out:
            first = first or spelling
    return left_out


def _parts(network: Network, stream: str) -> dict[str, Tensor]:
    """What a file may hold: the tensors of ``stream`` by their names within it."""
    prefix = f"streams.{stream}."
    return {
        name.removeprefix(prefix): tensor for name, tensor in network.state_dict().items() if name.startswith(prefix)
    }


def _optional(form: Form, name: str, spelling: str) -> bool:
    return name.startswith(FULLY_CONNECTED) or form.is_optional(spelling)


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _fits(found: Tensor, expected: Tensor) -> bool:
    """Whether shapes are the same, or ``found`` is a fully connected layer kept as a convolution over the whole map."""
    same_units = found.shape[:1] == expected.shape[:1]
    as_convolution = found.ndim == 4 and expected.ndim == 2 and same_units and found.numel() == expected.numel()
    return found.shape == expected.shape or as_convolution


def _suffixes(form: Form) -> str:
    return ", ".join(suffix for suffix, (kind, _) in READERS.items() if kind == form.kind)
