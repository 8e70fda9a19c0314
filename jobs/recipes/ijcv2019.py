"""Deep Affect Prediction in-the-wild (IJCV 2019): recipes of its networks, with the hyperparameters of section 4."""

from affect.catalogue import NETWORKS
from affect.training.settings import BalanceSettings, BatchSettings, OptimiserSettings, TrainConfig


def train(name: str) -> TrainConfig:
    """Adam at a constant 1e-3; batches of 50 frames for CNNs, of 80 for CNN-M and CNN-RNNs.

    Sections 4.1.1 and 4.2.1. How many sequences make up 80 frames is not printed: four of 20 (inferred), since the
    concordance of a batch needs several videos. The training set is balanced by quadrants (section 4.2).
    """
    entry = NETWORKS[name]
    batch = BatchSettings(size=80 if name == "ijcv2019/cnn-m" else 50)
    if entry.spec.sequential:
        batch = BatchSettings(size=4, length=20)
    if entry.where.startswith("section 4.2"):  # of Aff-Wild's own networks only
        batch = batch.model_copy(update={"balance": BalanceSettings(valence_arousal="ijcv2019")})
    return TrainConfig(
        recipe=name,
        paper=f"IJCV 2019, {entry.where}",
        network=entry.spec,
        objective=entry.objective,
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-3),
        batch=batch,
    )
