"""All metrics of a network together."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score

from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.metrics import FrameMetrics
from affect.networks import NetworkSpec

SPEC = NetworkSpec(encoder="arc-res", action_units=AFF_WILD2_ACTION_UNITS)
COLUMNS = [ACTION_UNITS.index(unit) for unit in AFF_WILD2_ACTION_UNITS]


def predictions_and_targets(count: int = 60) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.rand(count, 2, generator=generator) * 2 - 1
    targets = {
        "valence_arousal": labels.clone(),
        "expression": torch.randint(0, 7, (count,), generator=generator),
        "action_units": torch.randint(0, 2, (count, 17), generator=generator).to(torch.int8),
    }
    targets["valence_arousal"][::3, 0] = torch.nan
    targets["expression"][::4] = -1
    targets["action_units"][::5] = -1
    targets["action_units"][:, COLUMNS[2]] = -1
    predictions = {
        "valence_arousal": (labels * 0.7 + 0.2 * torch.randn(count, 2, generator=generator)).clamp(-1, 1),
        "expression": torch.rand(count, 7, generator=generator).softmax(1),
        "action_units": torch.rand(count, 8, generator=generator),
    }
    return predictions, targets


def measured(part: slice = slice(None)) -> FrameMetrics:
    metrics = FrameMetrics(SPEC)
    predictions, targets = predictions_and_targets()
    metrics.update({k: v[part] for k, v in predictions.items()}, {k: v[part] for k, v in targets.items()})
    return metrics


def test_each_metric_sees_its_own_labels() -> None:
    predictions, targets = predictions_and_targets()
    metrics = measured()
    found = metrics.compute()

    whole = ~targets["valence_arousal"].isnan().any(1)
    x, y = predictions["valence_arousal"][whole].double().numpy(), targets["valence_arousal"][whole].double().numpy()
    for index, name in enumerate(("valence", "arousal")):
        a, b = x[:, index], y[:, index]
        ccc = 2 * np.cov(a, b, ddof=0)[0, 1] / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)
        assert found[f"{name}_ccc"] == pytest.approx(ccc)
        assert found[f"{name}_mse"] == pytest.approx(((a - b) ** 2).mean())
        assert found[f"{name}_pearson"] == pytest.approx(np.corrcoef(a, b)[0, 1])

    known = targets["expression"] >= 0
    chosen, labels = predictions["expression"][known].argmax(1), targets["expression"][known]
    assert found["expression_macro_f1"] == pytest.approx(f1_score(labels, chosen, average="macro"))
    assert found["expression_accuracy"] == pytest.approx(float((chosen == labels).float().mean()))
    assert found["expression_classes"] == 7
    assert metrics.confusion is not None
    assert metrics.confusion.sum() == known.sum()

    scores = []
    for index, (unit, column) in enumerate(zip(AFF_WILD2_ACTION_UNITS, COLUMNS, strict=True)):
        labels = targets["action_units"][:, column]
        known = labels >= 0
        if not known.any():
            assert f"AU{unit}_f1" not in found
            continue
        scores.append(f1_score(labels[known], predictions["action_units"][known, index] >= 0.5))
        assert found[f"AU{unit}_f1"] == pytest.approx(scores[-1])
    assert found["action_units_counted"] == len(scores) == 7
    assert found["action_units_f1"] == pytest.approx(np.mean(scores))


@pytest.mark.parametrize("cut", [0, 1, 17, 60])
def test_merged_from_workers(cut: int) -> None:
    merged = measured(slice(0, cut)).merge(measured(slice(cut, None)).state())
    assert merged.compute() == pytest.approx(measured().compute(), rel=1e-12)
    assert all(isinstance(value, np.ndarray) for value in merged.state().values())


def test_what_was_not_annotated_or_declared_is_absent() -> None:
    predictions, targets = predictions_and_targets()
    targets["valence_arousal"][:, 1] = torch.nan
    metrics = FrameMetrics(SPEC.model_copy(update={"heads": ("valence_arousal", "expression")}))
    metrics.update(predictions, targets)
    assert {name.split("_")[0] for name in metrics.compute()} == {"expression"}
    assert FrameMetrics(SPEC).compute() == {}
    assert FrameMetrics(SPEC.model_copy(update={"heads": ("valence_arousal",)})).confusion is None


def test_half_precision_and_arrays() -> None:
    predictions, targets = predictions_and_targets()
    metrics = FrameMetrics(SPEC)
    metrics.update(
        {name: value.bfloat16().requires_grad_() for name, value in predictions.items()},
        {name: value.numpy() for name, value in targets.items()},
    )
    assert metrics.compute()["valence_ccc"] == pytest.approx(measured().compute()["valence_ccc"], abs=1e-2)


def test_an_action_unit_that_never_occurs_nor_is_found_does_not_count() -> None:
    spec = SPEC.model_copy(update={"heads": ("action_units",), "action_units": (1, 2)})
    metrics = FrameMetrics(spec)
    targets = torch.zeros(4, 17, dtype=torch.int8)
    targets[0, 0] = 1
    metrics.update({"action_units": torch.tensor([[0.9, 0.1]] * 4)}, {"action_units": targets})
    assert metrics.compute() == {
        "AU1_f1": pytest.approx(0.4),
        "action_units_f1": pytest.approx(0.4),
        "action_units_counted": 1,
    }
    quiet = FrameMetrics(spec)
    quiet.update({"action_units": torch.zeros(4, 2)}, {"action_units": torch.zeros(4, 17, dtype=torch.int8)})
    assert quiet.compute() == {"action_units_f1": 0, "action_units_counted": 0}
