import pytest

from affect.errors import AffectError
from jobs.capacity import VARIABLE, capacity


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, {"CPU": 0.0, "memory": 5.0}),
        ("", {"CPU": 0.0, "memory": 5.0}),
        ("CPU=128, GPU=8", {"CPU": 128.0, "GPU": 8.0, "memory": 5.0}),
        ("memory=2", {"CPU": 0.0, "memory": 5.0}),
    ],
)
def test_what_is_declared_counts_beside_what_there_is(
    monkeypatch: pytest.MonkeyPatch, declared: str | None, expected: dict[str, float]
) -> None:
    monkeypatch.setattr("ray.cluster_resources", lambda: {"CPU": 0.0, "memory": 5.0})
    monkeypatch.delenv(VARIABLE, raising=False)
    if declared is not None:
        monkeypatch.setenv(VARIABLE, declared)
    assert capacity() == expected


@pytest.mark.parametrize("declared", ["8", "GPU=many", "CPU=1=2"])
def test_what_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, declared: str) -> None:
    monkeypatch.setattr("ray.cluster_resources", dict)
    monkeypatch.setenv(VARIABLE, declared)
    with pytest.raises(AffectError, match=f"{VARIABLE}={declared} is not of the form"):
        capacity()
