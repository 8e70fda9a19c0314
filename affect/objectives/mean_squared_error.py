"""Mean squared error of valence and arousal (IJCV 2019, eq 2)."""

from torch import Tensor

from affect.objectives.term import Batch, MeanTerm, annotated_valence_arousal


class MeanSquaredError(MeanTerm):
    """Mean of the errors of valence and of arousal over the samples with both."""

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        predictions, labels, mask = annotated_valence_arousal(outputs, targets)
        return (predictions - labels).square().mean(dim=1), mask
