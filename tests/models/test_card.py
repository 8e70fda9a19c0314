"""The card says what a reader must know, and says SYNTHETIC only where it is so."""

import pytest

from affect.models.card import model_card
from affect.models.files import TrainingData
from tests.made_models import describe
from tests.models.made_judgements import judgement

SAMPLE = TrainingData(corpus="sample", fingerprint="abc123", synthetic=True)
GROUPS = {
    "groups": {
        name: {"rows": 4, "videos": 1, "pictures": 0, "small": name == "old", "faces": {"valence_ccc": ccc},
               "intervals": {"valence_ccc": (0.1, 0.4)}}
        for name, ccc in (("old", 0.25), ("young", 0.5))
    },
    "differences": {"valence_ccc": {"best": "young", "worst": "old", "difference": 0.25, "of_small_groups": True}},
}  # fmt: skip
REAL = TrainingData(corpus="aff-wild2", fingerprint="def456", synthetic=False)


@pytest.mark.parametrize(
    ("data", "said", "unsaid"),
    [
        ([SAMPLE], "> **Trained on SYNTHETIC data.** A program made the faces.", "of part"),
        (
            [SAMPLE, REAL],
            "> **Trained on SYNTHETIC data.** A program made the faces of part of the training data.",
            "- not recorded",
        ),
        ([REAL], "- aff-wild2, rows made with settings `def456`", "SYNTHETIC"),
        ([], "- not recorded", "SYNTHETIC"),
    ],
)
def test_synthetic_data_is_told(data: list[TrainingData], said: str, unsaid: str) -> None:
    card = model_card("faces", "0001", describe(data=data))
    assert said in card
    assert unsaid not in card


def test_the_card_tells_recipe_settings_metrics_and_limits() -> None:
    card = model_card("faces", "0007", describe(settings={"optimiser": {"rate": 0.125}}))
    for said in (
        "# faces 0007",
        "recipe `made`",
        "| metric | validation | test |\n|---|---|---|\n",
        "| valence_ccc | 0.25 | 0.125 |\n",
        "| action_units_f1 |  | nan |\n",
        "rate: 0.125",
        "AU1, AU4, AU12",
        "thinks",
    ):
        assert said in card


def test_only_outputs_that_the_model_has_are_told() -> None:
    card = model_card("faces", "0001", describe(heads=("valence_arousal",)))
    assert "valence and arousal, each" in card
    assert "probabilities of" not in card
    assert "does not give expressions nor action units" in card
    assert "does not give" not in model_card("faces", "0001", describe())


def test_what_a_model_brings_for_its_card_ends_it() -> None:
    assert model_card("faces", "0001", describe(about="## Uses\nNone.")).endswith("```\n\n## Uses\nNone.\n")


def test_the_card_tells_an_evaluation_with_its_intervals() -> None:
    metrics = judgement(0.9)
    card = model_card("faces", "0001", describe(data=[REAL, SAMPLE]), metrics)
    row = next(row for row in metrics["default"] if row["metric"] == "valence_ccc")
    assert (
        f"| sample: valence_ccc | {row['faces']:.4g} | {row['interval'][0]:.3f} to {row['interval'][1]:.3f} |" in card
    )
    unit = metrics["action_units"]["AU12"]
    low, high = metrics["intervals"]["faces"]["action_units_accuracy"]
    other = f"{metrics['faces']['action_units_accuracy']:.4g} | {low:.3f} to {high:.3f}"
    assert f"| all corpora: action_units_accuracy | {other} |" in card
    assert f"| AU12 | {unit['f1']:.4g} | {unit['precision']:.4g} |" in card
    assert "Judged on sample, validation, 120 rows abc (SYNTHETIC)" in card
    assert "promoted without an evaluation" not in card
    assert "promoted without an evaluation" in model_card("faces", "0001", describe())


def test_the_card_tells_groups() -> None:
    metrics = judgement(0.9) | {"groups": {"age": GROUPS}}
    card = model_card("faces", "0001", describe(), metrics)
    assert "| age | old (small) | young | best less worst | best, worst |" in card
    ends = "(0.100 to 0.400)"
    assert f"| valence_ccc | 0.25 {ends} | 0.5 {ends} | 0.25 | young, old (small) |" in card.replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_licences_are_those_that_are_known() -> None:
    card = model_card(
        "faces", "0001", describe(data=[REAL, TrainingData.parse(SAMPLE.model_dump() | {"corpus": "afew"})])
    )
    assert "- aff-wild2: the 260 new videos were provided under a Creative Commons licence" in card
    assert "- afew: not known here; ask those who give it out" in card
