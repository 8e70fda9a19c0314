"""What runs an ONNX file: cv2.dnn, which is always there, or ONNX Runtime, on a GPU where it finds one."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.registry import look_up

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
"""Of ONNX Runtime; the first one that is there."""


class Network(Protocol):
    """One array in, the wanted outputs out, for any size of the input. Not to be shared between threads."""

    def __call__(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]: ...


def load_network(path: Path, outputs: Sequence[str], runtime: str, one_size: bool = False) -> Network:
    """The network of an ONNX file; ``one_size`` says that its pictures (n, ...) are always of the same size.

    Raises AffectError when the runtime is unknown or not installed.
    """
    return look_up(RUNTIMES, runtime, "runtime")(path, outputs, one_size)


def runs_on_gpu(runtime: str) -> bool:
    """Whether ``runtime`` would use a GPU on this machine."""
    if runtime != "onnxruntime" or importlib.util.find_spec("onnxruntime") is None:
        return False
    import onnxruntime  # noqa: PLC0415 - optional

    return PROVIDERS[0] in onnxruntime.get_available_providers()


class OpenCV:
    """cv2.dnn, on the CPU, with as many threads as OpenCV has."""

    def __init__(self, path: Path, outputs: Sequence[str], one_size: bool) -> None:
        # OpenCV 5's new engine pads some "same" poolings at the wrong end; its classic one is right, but wrong or dead
        # as soon as the shape of what it is given changes. OpenCV 4 has the classic one only.
        engine = [cv2.dnn.ENGINE_CLASSIC] if one_size and hasattr(cv2.dnn, "ENGINE_CLASSIC") else []
        self._network = cv2.dnn.readNetFromONNX(str(path), *engine)
        self._outputs, self._one_by_one = list(outputs), one_size

    def __call__(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        if not self._one_by_one:
            return self._run(blob)
        each = [self._run(picture[None]) for picture in blob]
        return [np.concatenate(parts) for parts in zip(*each, strict=True)]

    def _run(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self._network.setInput(blob)
        return list(self._network.forward(self._outputs))


class OnnxRuntime:
    """ONNX Runtime, on the CPU with as many threads as OpenCV has, or by CUDA."""

    def __init__(self, path: Path, outputs: Sequence[str], one_size: bool) -> None:  # noqa: ARG002 - for any size
        try:
            import onnx  # noqa: PLC0415 - optional
            import onnxruntime  # noqa: PLC0415 - optional
        except ImportError as error:
            raise AffectError(
                f"detector.runtime=onnxruntime needs a package that is not installed ({error.name}); "
                "pip install -e '.[onnxruntime]', or set detector.runtime=opencv"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, cv2.getNumThreads())
        options.log_severity_level = 3  # errors; that outputs have another size than in the file is meant
        available = onnxruntime.get_available_providers()
        self._session = onnxruntime.InferenceSession(
            _free_sizes(onnx.load(str(path))).SerializeToString(),
            options,
            providers=[provider for provider in PROVIDERS if provider in available],
        )
        self._input, self._outputs = self._session.get_inputs()[0].name, list(outputs)

    def __call__(self, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return list(self._session.run(self._outputs, {self._input: blob}))


RUNTIMES: dict[str, Callable[[Path, Sequence[str], bool], Network]] = {"opencv": OpenCV, "onnxruntime": OnnxRuntime}


def _free_sizes(model: Any) -> Any:
    """The model with inputs and outputs of any size: CenterFace's file states 10 pictures of 32 by 32."""
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in [*model.graph.input, *model.graph.output]:
        if value.name not in weights:
            for number, dimension in enumerate(value.type.tensor_type.shape.dim):
                dimension.dim_param = f"{value.name}_{number}"
    return model
