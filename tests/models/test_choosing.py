"""The fastest runtime is chosen among those that agree, by a clock that made runtimes set forward."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from affect.errors import AffectError
from affect.models import choosing
from affect.models.choosing import Choice, Wanted, choose
from affect.models.runtimes import Frames, Precision, Runtime
from affect.networks import Network
from affect.networks.network import Features, Inputs
from tests.watching.made_watching import NETWORKS, asker

BATCH = 4


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def runtime(self, alone_s: float, together_s: float, off: float = 0.0, preparation_s: float = 0) -> Runtime:
        """Takes so long about one frame and about several; its features are wrong by ``off``."""

        def prepare(network: Network, precision: Precision) -> Frames:
            def frames(inputs: Inputs) -> Features:
                rows = len(inputs["image"])
                self.now += (alone_s if rows == 1 else together_s) / (2 if precision == "bfloat16" else 1)
                features = network.frames(inputs)
                return {name: values + off for name, values in features.items()}

            return frames

        return Runtime(prepare, preparation_s)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(choosing, "time", SimpleNamespace(perf_counter=made.time, thread_time=made.time))
    return made


def fails(error: Exception) -> Runtime:
    def prepare(network: Network, precision: Precision) -> Frames:
        raise error

    return Runtime(prepare)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Choice]:
    """What is chosen for a network among runtimes by name."""
    reference = asker(NETWORKS["CNN"])

    def of(runtimes: dict[str, Runtime], **wanted: object) -> Choice:
        monkeypatch.setattr(choosing, "RUNTIMES", runtimes)
        settings = Wanted(**({"batch": BATCH, "seconds": 100} | wanted))  # type: ignore[arg-type]
        return choose(reference.network, reference.description, settings, torch.device("cpu"))

    return of


def test_the_fastest_by_both_sizes_is_taken(clock: Clock, chosen: Callable[..., Choice]) -> None:
    runtimes = {"plain": clock.runtime(3, 9), "small": clock.runtime(1, 20), "even": clock.runtime(2, 8)}
    choice = chosen(runtimes)
    assert (choice.runtime, choice.precision) == ("even", "float32")
    assert [(one.runtime, one.milliseconds) for one in choice.timings] == [
        ("even", {1: 2000, BATCH: 8000}),
        ("small", {1: 1000, BATCH: 20000}),
        ("plain", {1: 3000, BATCH: 9000}),
    ]
    before = clock.now
    asked = asker(NETWORKS["CNN"])
    choice.frames({"image": torch.zeros(1, 3, *[asked.network.spec.input_size] * 2)})
    assert clock.now == before + 2


def test_one_that_disagrees_is_left_out_however_fast(clock: Clock, chosen: Callable[..., Choice]) -> None:
    runtimes = {
        "plain": clock.runtime(3, 9),
        "off": clock.runtime(1, 1, off=0.5),
        "nan": clock.runtime(1, 1, float("nan")),
    }
    choice = chosen(runtimes)
    assert choice.runtime == "plain"
    assert [one.runtime for one in choice.left_out] == ["off", "nan"]
    assert all("differs from torch's" in one.reason for one in choice.left_out)
    with pytest.raises(AffectError, match=r"off in float32: its \w+ differs from torch's in float32 by [\d.]+, more"):
        chosen(runtimes, runtime="off")


@pytest.mark.parametrize(
    ("precision", "taken"), [("float32", "float32"), ("bfloat16", "bfloat16"), ("auto", "bfloat16")]
)
def test_half_precision_is_taken_where_asked_for(
    clock: Clock, chosen: Callable[..., Choice], precision: str, taken: str
) -> None:
    choice = chosen({"plain": clock.runtime(3, 9)}, precision=precision)
    assert choice.precision == taken
    assert len(choice.timings) == (2 if precision == "auto" else 0)


def test_half_precision_may_be_further_off(clock: Clock, chosen: Callable[..., Choice]) -> None:
    runtimes = {"plain": clock.runtime(3, 9, off=3e-3)}
    assert chosen(runtimes, precision="bfloat16").precision == "bfloat16"
    with pytest.raises(AffectError, match=r"more than 0\.001"):
        chosen(runtimes)


def test_what_cannot_be_had_is_left_out_unless_asked_for(clock: Clock, chosen: Callable[..., Choice]) -> None:
    runtimes = {
        "missing": fails(AffectError("pip install it")),
        "broken": fails(RuntimeError("the compiler failed")),
        "long": clock.runtime(0, 0, preparation_s=101),
        "plain": clock.runtime(3, 9),
    }
    choice = chosen(runtimes)
    assert choice.runtime == "plain"
    reasons = {one.runtime: one.reason for one in choice.left_out}
    assert reasons.keys() == {"missing", "broken", "long"}
    assert (reasons["missing"], reasons["broken"]) == ("pip install it", "RuntimeError: the compiler failed")
    assert "about 101 s" in reasons["long"]
    assert "without missing in float32: pip install it" in str(choice)
    assert chosen(runtimes, runtime="long").runtime == "long"
    with pytest.raises(AffectError, match="missing in float32: pip install it"):
        chosen(runtimes, runtime="missing")
    with pytest.raises(AffectError, match="did you mean 'plain'"):
        chosen(runtimes, runtime="plane")


@pytest.mark.parametrize(("seconds", "rounds"), [(1, 1), (25, 2), (1000, choosing.ROUNDS)])
def test_measuring_ends_when_its_time_is_up(
    clock: Clock, chosen: Callable[..., Choice], seconds: float, rounds: int
) -> None:
    chosen({"plain": clock.runtime(3, 9), "other": clock.runtime(2, 6)}, seconds=seconds)
    assert clock.now == (3 + 9 + 2 + 6) * (1 + rounds)


def test_the_median_counts(clock: Clock, chosen: Callable[..., Choice]) -> None:
    """One hiccup does not make a runtime slow."""
    steady, hiccups = clock.runtime(2, 2), 0

    def prepare(network: Network, precision: Precision) -> Frames:
        frames = steady.prepare(network, precision)

        def disturbed(inputs: Inputs) -> Features:
            nonlocal hiccups
            hiccups += 1
            clock.now += 500 if hiccups in (3, 4) else 0
            return frames(inputs)

        return disturbed

    choice = chosen({"disturbed": Runtime(prepare), "plain": clock.runtime(3, 3)}, seconds=10_000)
    assert choice.runtime == "disturbed"
