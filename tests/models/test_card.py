"""The card says what a reader must know, and says SYNTHETIC only where it is so."""

import pytest

from affect.models.card import model_card
from affect.models.files import TrainingData
from tests.made_models import describe

SAMPLE = TrainingData(corpus="sample", fingerprint="abc123", synthetic=True)
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
