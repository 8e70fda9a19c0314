"""Deep Affect Prediction in-the-wild (IJCV 2019): recipes of its networks, and its transfers to other corpora."""

from affect.catalogue import NETWORKS
from affect.training.settings import BalanceSettings, BatchSettings, Chain, OptimiserSettings, TrainConfig
from jobs.recipes.chains import after, changed, of_network

CNN = "streams.image.encoder"

FIXED = ("cnn-m", "vgg-face", "vgg-16", "resnet-50", "affwildnet", "affwildnet-resnet-50")

FOLDS = 5

_OTHER_CORPORA = {"resnet-gru": "recola"}


def train(name: str) -> TrainConfig:
    """Adam at a constant 1e-3; batches of 50 frames for CNNs, of 80 for CNN-M and CNN-RNNs.

    Sections 4.1.1 and 4.2.1. How many sequences make up 80 frames is not printed: four of 20 (inferred), since the
    concordance of a batch needs several videos. The training set is balanced by quadrants (section 4.2). AFEW's crops
    are used as they are given (section 5.2.1).

    Transferred is "especially" the "convolutional and pooling part" of pre-trained networks (section 4.2), read as that
    part alone: the first fully connected layer fits where there are no landmarks and Table 10 compares both.
    """
    slug = name.partition("/")[2]
    entry = NETWORKS[name]
    corpus = "afew" if slug.endswith("-emotiw") else _OTHER_CORPORA.get(slug, "aff-wild")
    batch = BatchSettings(size=80 if slug == "cnn-m" else 50)
    if entry.spec.sequential:
        batch = BatchSettings(size=4, length=20)
    if entry.where.startswith("section 4.2"):  # of Aff-Wild's own networks only
        batch = batch.model_copy(update={"balance": BalanceSettings(valence_arousal="ijcv2019")})
    return of_network(
        name,
        "IJCV 2019",
        corpora=(corpus,),
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-3),
        batch=batch,
        pretrained_parts="encoder",
    )


def fixed_cnn(name: str) -> TrainConfig:
    """The encoder kept at its pre-trained weights (sections 4.1.1 and 4.2). Needs ``pretrained`` or ``start``."""
    where = "4.1.1" if name.endswith("/cnn-m") else "4.2"
    return changed(train(name), "fixed-cnn", f"IJCV 2019, section {where}", frozen=(CNN,), tables=())


def annotators(which: str) -> TrainConfig:
    """VGG-Face on labels of the one annotator most correlated with the landmarks, or on the mean (Table 11).

    On which of the two the results were measured is not printed; the labels that a run is given are measured on.
    Traces are not smoothed (section 3.4 has no filter): one annotator's are "less smooth" than the mean.
    """
    choose = {"one-annotator": "landmarks", "mean-of-annotators": "most-correlated"}[which]
    how = f"jobs.annotate --set choose={choose} --set median_filter=1"
    labels = f"Aff-Wild's traces by {how}, its --out read as aff-wild2"
    where = "IJCV 2019, section 4.2.2.1"
    return changed(train("ijcv2019/vgg-face"), which, where, tables=("11",), labels=labels, corpora=())


def cnn_then_rnn(name: str) -> Chain:
    """The CNN first; its convolutions and the fully connected layers that feed the recurrent part begin the CNN-RNN.

    Section 4.2.1.3 bases the CNN-RNN on the CNN's layers; that they bring their weights along is inferred.
    """
    full = train(name)
    spec = full.network
    (cnn,) = [
        other
        for other in (f"ijcv2019/{encoder}{ending}" for encoder in ("vgg-face", "resnet-50")
                      for ending in ("", "-without-landmarks"))
        if (NETWORKS[other].spec.encoder, NETWORKS[other].spec.landmarks) == (spec.encoder, spec.landmarks)
    ]  # fmt: skip
    # Every layer is followed by its activation and dropout.
    layers = [f"streams.image.fully_connected.{3 * number}" for number in range(len(spec.fully_connected))]
    return Chain(
        recipe=f"{name}/staged",
        paper="IJCV 2019, section 4.2.1.3",
        tables=full.tables,
        stages={"cnn": train(cnn), "cnn-rnn": after(full, "cnn", CNN, *layers)},
    )


def recola() -> Chain:
    """AffWildNet, then all of it on RECOLA (section 5.1.1). Settings of the second are not printed: the same."""
    full = train("ijcv2019/affwildnet")
    again = after(_unbalanced(full), "aff-wild", "streams", "heads").model_copy(update={"corpora": ("recola",)})
    return Chain(
        recipe="ijcv2019/affwildnet/recola",
        paper="IJCV 2019, section 5.1.1",
        tables=("15",),
        stages={"aff-wild": full, "recola": again},
    )


def afew_va() -> Chain:
    """AffWildNet, then all of it on AFEW-VA, five times, each with another fifth of the people held out (5.1.2).

    Each fold is a stage with rows of its own: jobs.preprocess afew-va --set splits=FOLDS/splits.csv --set fold=0.
    """
    full = train("ijcv2019/affwildnet")
    again = after(_unbalanced(full), "aff-wild", "streams", "heads")
    return Chain(
        recipe="ijcv2019/affwildnet/afew-va",
        paper="IJCV 2019, section 5.1.2",
        tables=("16", "17"),
        stages={"aff-wild": full} | _folds(again),
    )


def afew_va_cnn() -> Chain:
    """Only the CNN on AFEW-VA, in the same folds, begun with VGG-Face (section 5.1.2). The stages need no other."""
    cnn = _unbalanced(train("ijcv2019/vgg-face-without-landmarks"))
    return Chain(
        recipe="ijcv2019/vgg-face-without-landmarks/afew-va",
        paper="IJCV 2019, section 5.1.2",
        tables=("17",),
        stages=_folds(cnn),
    )


def emotiw() -> Chain:
    """AffWildNet, then seven outputs in place of two, on AFEW (section 5.2.1).

    AFEW's crops have no landmarks of the paper's, so the first stage is without them (inferred).
    """
    first = train("ijcv2019/affwildnet-without-landmarks")
    return Chain(
        recipe="ijcv2019/affwildnet-emotiw/fine-tuned",
        paper="IJCV 2019, section 5.2.1",
        tables=("18", "19"),
        stages={"aff-wild": first, "afew": after(train("ijcv2019/affwildnet-emotiw"), "aff-wild")},
    )


def _unbalanced(config: TrainConfig) -> TrainConfig:
    """Of other corpora than Aff-Wild the paper says nothing of repeated frames."""
    return config.model_copy(update={"batch": config.batch.model_copy(update={"balance": BalanceSettings()})})


def _folds(config: TrainConfig) -> dict[str, TrainConfig]:
    settings = {"corpora": ("afew-va",), "validate_on": "test", "tables": ()}
    return {
        f"fold-{fold}": config.model_copy(
            update=settings | {"labels": f"rows of their own, by jobs.preprocess afew-va --set fold={fold}"}
        )
        for fold in range(FOLDS)
    }
