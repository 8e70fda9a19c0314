"""Weights as others distribute them, read without running anything of theirs."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from torch import Tensor

from affect import storage
from affect.errors import AffectError
from affect.pretrained.caffe import read_caffemodel
from affect.pretrained.matconvnet import read_mat
from affect.pretrained.state_dict import read_safetensors, read_state_dict

Kind = Literal["caffe", "matconvnet", "pytorch"]

READERS: dict[str, tuple[Kind, Callable[[Path], dict[str, Tensor]]]] = {
    ".caffemodel": ("caffe", read_caffemodel),
    ".mat": ("matconvnet", read_mat),
    ".pth": ("pytorch", read_state_dict),
    ".pt": ("pytorch", read_state_dict),
    ".safetensors": ("pytorch", read_safetensors),
}
OF_ARRAYS = (
    "import pickle, torch, safetensors.torch as s; s.save_file({{k: torch.as_tensor(v).contiguous() for k, v in "
    "pickle.load(open({0!r}, 'rb'), encoding='latin1').items()}}, {0!r} + '.safetensors')"
)
OF_NETWORKS = (
    "import torch, safetensors.torch as s; c = torch.load({0!r}, 'cpu', weights_only=False); c = c.state_dict() if "
    "hasattr(c, 'state_dict') else c.get('state_dict', c); "
    "s.save_file({{k: v.contiguous() for k, v in c.items()}}, {0!r} + '.safetensors')"
)
ALTERNATIVES = {
    ".t7": "take the authors' Caffe or MatConvNet file of the same network",
    **dict.fromkeys((".h5", ".ckpt", ".onnx"), "take the file of another framework that has the same weights"),
}


class Weights(NamedTuple):
    """What a file holds."""

    kind: Kind
    tensors: dict[str, Tensor]
    sha256: str


def read_weights(uri: str, sha256: str | None = None) -> Weights:
    """The finite float32 tensors by name (whole numbers stay such) of the file at ``uri``, a path or an S3 URI.

    Raises AffectError naming the file and the mend where it does not exist, is of no known format, is not whole, would
    have to be unpickled, or its SHA-256 is not ``sha256``.
    """
    suffix = Path(uri).suffix.lower()
    if suffix in {".pkl", ".pickle"}:
        raise AffectError(f"{uri} is not read, {_conversion(uri, OF_ARRAYS)}")
    if suffix not in READERS:
        mend = ALTERNATIVES.get(suffix, "give the file as its authors distribute it")
        form = suffix or "files without a suffix"
        raise AffectError(f"{uri}: weights are not read from {form}, only from {', '.join(READERS)}; {mend}")
    kind, read = READERS[suffix]
    with storage.local_copy(uri) as path:
        if not path.is_file():
            raise AffectError(f"{uri} is not a file")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 is not None and found != sha256.strip().lower():
            raise AffectError(
                f"{uri} has the SHA-256 {found}, not {sha256}; get the file again, or correct the sum if it is meant"
            )
        try:
            tensors = {name: _plain(name, tensor) for name, tensor in read(path).items()}
        except pickle.UnpicklingError as error:
            raise AffectError(f"{uri} holds more than tensors, {_conversion(uri, OF_NETWORKS)}") from error
        # Readers of foreign bytes fail in ways that nobody lists.
        except Exception as error:
            raise AffectError(f"{uri} is not a whole {suffix} file of weights: {error}; get it again") from error
    return Weights(kind, tensors, found)


def _plain(name: str, tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    if not tensor.isfinite().all():
        raise ValueError(f"{name} holds values that are not finite")
    return tensor.float()


def _conversion(uri: str, program: str) -> str:
    program = program.format(Path(uri).name)
    return f'and a pickle can run any code of its maker; if you trust it, convert it yourself: python -c "{program}"'
