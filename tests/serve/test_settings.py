"""Settings that cannot be are told when they are read, not by a replica that does not come up."""

import pytest

from affect.errors import AffectError
from serve.settings import ServeSettings


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("runtime=onnx", "did you mean 'onnxruntime'"),
        ("precision=float16", "precision: Input should be"),
        ("measure_s=0", "greater than 0"),
    ],
)
def test_how_to_compute(change: str, told: str) -> None:
    settings = ServeSettings(store="store", models=("faces",))
    with pytest.raises(AffectError, match=told):
        settings.override([change])
