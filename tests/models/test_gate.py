"""Only what is not worse takes the name, unless somebody says why it should."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from affect import storage
from affect.errors import AffectError
from affect.models import store
from affect.models.figures import figure_of
from affect.models.gate import Gate, Gatekeeper, kept_gate
from tests.made_models import write_model
from tests.models.made_judgements import Judge, judgement

GATE = Gate(data=("/rows",), metrics=("valence_ccc",), tolerance=0.01)


@pytest.fixture
def where(tmp_path: Path) -> str:
    return str(tmp_path / "store")


def made(folder: Path, quality: float) -> str:
    """Better at 1 than at less."""
    place = folder / f"model{quality}"
    if not place.exists():
        write_model(str(place), settings={"quality": quality}, recipe=f"made{quality}")
    return str(place)


def keeper(gate: Gate | None = None, **changes: Any) -> Gatekeeper:
    return Gatekeeper(**({"evaluate": Judge(), "gate": gate} | changes))


def value(quality: float) -> float:
    return figure_of(judgement(quality), "valence_ccc").value


def test_the_better_model_takes_the_name_and_the_worse_does_not(tmp_path: Path, where: str) -> None:
    """The gate is given once; the first has nothing to be compared with, and its figure is kept."""
    store.promote(made(tmp_path, 0.5), where, "faces", keeper(GATE))
    assert store.promote(made(tmp_path, 0.9), where, "faces", keeper()) == "0002"
    with pytest.raises(AffectError, match=r"stays at 0002(.|\n)*valence_ccc 0.\d+ \(0.*has 0.*worse, 0.01 is all"):
        store.promote(made(tmp_path, 0.6), where, "faces", keeper())
    assert store.current(where, "faces") == "0002"
    assert store.list_models(where)[0].versions == ("0001", "0002"), "what is refused leaves nothing"
    first, second = store.history(where, "faces")
    assert (first.before, first.figures_before, first.figures[0].value) == (None, (), pytest.approx(value(0.5)))
    assert (second.before, second.forced) == ("0001", False)
    assert [second.figures[0].value, second.figures_before[0].value] == pytest.approx([value(0.9), value(0.5)])
    assert first.figures[0].low is not None
    assert first.evaluated_on == "sample, validation, 120 rows abc"


def test_a_little_worse_is_tolerated(tmp_path: Path, where: str) -> None:
    gap = value(0.9) - value(0.85)
    for tolerance, passes in ((gap + 1e-6, True), (gap - 1e-6, False)):
        name = f"faces-{passes}".lower()
        gate = GATE.model_copy(update={"tolerance": tolerance})
        store.promote(made(tmp_path, 0.9), where, name, keeper(gate))
        if passes:
            assert store.promote(made(tmp_path, 0.85), where, name, keeper()) == "0002"
        else:
            with pytest.raises(AffectError, match="refused by its gate"):
                store.promote(made(tmp_path, 0.85), where, name, keeper())


def test_of_errors_less_is_better(tmp_path: Path, where: str) -> None:
    gate = GATE.model_copy(update={"metrics": ("valence_mse", "expression_accuracy"), "tolerance": 0.0})
    store.promote(made(tmp_path, 0.9), where, "faces", keeper(gate))
    with pytest.raises(AffectError, match=r"gate(.|\n)*valence_mse"):
        store.promote(made(tmp_path, 0.0), where, "faces", keeper())
    store.back(where, "faces", "1")
    assert store.promote(made(tmp_path, 0.9), where, "faces", keeper()) == "0001", "equal is not worse"


def test_force_needs_a_reason_and_it_is_kept(tmp_path: Path, where: str) -> None:
    store.promote(made(tmp_path, 0.9), where, "faces", keeper(GATE))
    store.promote(made(tmp_path, 0.3), where, "faces", keeper(force="the other one is too slow"))
    last = store.history(where, "faces")[-1]
    assert (last.version, last.forced, last.reason) == ("0002", True, "the other one is too slow")
    assert last.figures[0].value < last.figures_before[0].value


def test_a_gate_is_changed_only_when_told_to(tmp_path: Path, where: str) -> None:
    other = GATE.model_copy(update={"tolerance": 0.5})
    store.promote(made(tmp_path, 0.9), where, "faces", keeper(GATE))
    store.promote(made(tmp_path, 0.9), where, "faces", keeper(GATE))  # the same is obeyed
    with pytest.raises(AffectError, match=r"another gate since(.|\n)*tolerance: 0.01 -> 0.5(.|\n)*--change-gate"):
        store.promote(made(tmp_path, 0.6), where, "faces", keeper(other))
    store.promote(made(tmp_path, 0.6), where, "faces", keeper(other, change=True))
    folder = storage.join(where, "faces")
    kept = kept_gate(folder)
    assert kept is not None
    assert kept.gate == other.model_copy(update={"rows": "abc"})
    assert [one.gate for one in kept.earlier] == [GATE.model_copy(update={"rows": "abc"})]
    with pytest.raises(AffectError, match="faces has a gate, which takes an evaluation"):
        store.promote(made(tmp_path, 1.0), where, "faces")
    store.promote(made(tmp_path, 0.1), where, "faces", keeper(change=True))
    kept = kept_gate(folder)
    assert kept is not None
    assert (kept.gate, len(kept.earlier)) == (None, 2)
    store.promote(made(tmp_path, 0.2), where, "faces")


def test_rows_that_are_no_longer_the_same(tmp_path: Path, where: str) -> None:
    store.promote(made(tmp_path, 0.5), where, "faces", keeper(GATE))
    with pytest.raises(AffectError, match=r"no longer those of the gate \(xyz, were abc\)"):
        store.promote(made(tmp_path, 0.9), where, "faces", keeper(evaluate=Judge("xyz")))


def test_a_gate_that_cannot_be_used_is_not_kept(tmp_path: Path, where: str) -> None:
    wrong = GATE.model_copy(update={"metrics": ("valence_cc",)})
    with pytest.raises(AffectError, match="did you mean 'valence_ccc'"):
        store.promote(made(tmp_path, 0.5), where, "faces", keeper(wrong))
    assert kept_gate(storage.join(where, "faces")) is None
    store.promote(made(tmp_path, 0.5), where, "faces", keeper(GATE))


def test_a_current_version_that_cannot_be_evaluated(tmp_path: Path, where: str) -> None:
    """As one that sees crops of another size: it takes a reason to replace it."""
    store.promote(made(tmp_path, 0.5), where, "faces", keeper(GATE))
    judge = Judge()

    def evaluate(model: str, gate: Gate) -> Any:
        if "0001" in model:
            raise AffectError("the rows were made with alignment.size=96")
        return judge(model, gate)

    with pytest.raises(AffectError, match="cannot be evaluated on the gate's rows: the rows were made with"):
        store.promote(made(tmp_path, 0.9), where, "faces", keeper(evaluate=evaluate))
    store.promote(made(tmp_path, 0.9), where, "faces", keeper(evaluate=evaluate, force="a new size of crops"))
    assert store.current(where, "faces") == "0002"


def test_a_model_is_compared_with_what_is_current_when_it_takes_the_place(tmp_path: Path, where: str) -> None:
    """Another is promoted while this one is evaluated, and is better: the gate is asked again."""
    worse, better = made(tmp_path, 0.6), made(tmp_path, 0.9)
    store.promote(made(tmp_path, 0.5), where, "faces", keeper(GATE))
    judge, meanwhile = Judge(), [better]

    def evaluate(model: str, gate: Gate) -> Any:
        found = judge(model, gate)
        if model.endswith("0001") and meanwhile:
            store.promote(meanwhile.pop(), where, "faces", keeper())
        return found

    with pytest.raises(AffectError, match="stays at 0002"):
        store.promote(worse, where, "faces", keeper(evaluate=evaluate))
    assert [change.version for change in store.history(where, "faces")] == ["0001", "0002"]


def test_promoters_at_the_same_time_leave_the_best(tmp_path: Path, where: str) -> None:
    models = [made(tmp_path, quality) for quality in (0.6, 0.7, 0.8, 0.9)]
    store.promote(made(tmp_path, 0.5), where, "faces", keeper(GATE))

    def promote(model: str) -> None:
        try:
            store.promote(model, where, "faces", keeper())
        except AffectError as error:
            assert "refused by its gate" in str(error)  # noqa: PT017

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(promote, models))
    changes = store.history(where, "faces")
    assert [change.number for change in changes] == list(range(1, len(changes) + 1))
    for before, after in pairwise(changes):
        assert after.before == before.version
        assert after.figures[0].value >= before.figures[0].value - 0.01
