"""All metrics of a network together."""

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, recall_score

from affect.labels import (
    ACTION_UNITS,
    AFF_WILD2_ACTION_UNITS,
    COMPOUND_EXPRESSIONS,
    EMOTIONET_COMPOUNDS,
    EXPRESSIONS,
    RAFDB_COMPOUNDS,
)
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
        "AU1_accuracy": 0.25,
        "AU2_accuracy": 1,
        "action_units_f1": pytest.approx(0.4),
        "action_units_accuracy": 0.625,
        "action_units_emotionet_score": pytest.approx((0.4 + 0.625) / 2),
        "action_units_counted": 1,
    }
    quiet = FrameMetrics(spec)
    quiet.update({"action_units": torch.zeros(4, 2)}, {"action_units": torch.zeros(4, 17, dtype=torch.int8)})
    found = quiet.compute()
    assert (found["action_units_f1"], found["action_units_counted"], found["action_units_accuracy"]) == (0, 0, 1)


@pytest.mark.parametrize("missing", [{"compound"}, {"expression"}, set()])
def test_compound_expressions_are_judged_among_the_networks_classes(missing: set[str]) -> None:
    spec = NetworkSpec(encoder="vgg-face", heads=("compound",), compounds=EMOTIONET_COMPOUNDS)
    generator = np.random.default_rng(0)
    targets = {
        "compound": generator.integers(-1, len(COMPOUND_EXPRESSIONS), 200),
        "expression": generator.integers(-1, len(EXPRESSIONS), 200),
    }
    probabilities = generator.dirichlet(np.ones(16), 200)
    truth = []
    for compound, expression in zip(targets["compound"], targets["expression"], strict=True):
        names = [
            COMPOUND_EXPRESSIONS[compound] if compound >= 0 and "compound" not in missing else None,
            EXPRESSIONS[expression] if expression >= 0 and "expression" not in missing else None,
        ]
        truth.append(next((EMOTIONET_COMPOUNDS.index(name) for name in names if name in EMOTIONET_COMPOUNDS), -1))
    metrics = FrameMetrics(spec)
    metrics.update({"compound": probabilities}, {name: v for name, v in targets.items() if name not in missing})
    known = np.array(truth) >= 0
    labels, chosen = np.array(truth)[known], probabilities.argmax(axis=1)[known]
    f1 = f1_score(labels, chosen, average="macro")
    recall = recall_score(labels, chosen, labels=np.unique(labels), average="macro")
    assert metrics.compute() == {
        "compound_macro_f1": pytest.approx(f1),
        "compound_accuracy": pytest.approx((labels == chosen).mean()),
        "compound_mean_diagonal": pytest.approx(recall),
        "compound_unweighted_average_recall": pytest.approx(recall),
        "compound_emotionet_score": pytest.approx((f1 + recall) / 2),
        "compound_classes": 16,
    }


def test_outputs_without_targets_are_left_out() -> None:
    spec = SPEC.model_copy(update={"heads": (*SPEC.heads, "compound"), "compounds": RAFDB_COMPOUNDS})
    predictions, targets = predictions_and_targets()
    predictions["compound"] = torch.rand(60, 11)
    metrics = FrameMetrics(spec)
    metrics.update(predictions, {"expression": targets["expression"]})
    # RAF-DB's classes name no basic expression: those do not pass for compound ones.
    assert {name.split("_")[0] for name in metrics.compute()} == {"expression"}
