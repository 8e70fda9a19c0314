"""Expression, Affect, Action Unit Recognition: Aff-Wild2, Multi-Task Learning and ArcFace (BMVC 2019)."""

from affect.catalogue import NETWORKS
from affect.networks.parts import cnn_parts
from affect.networks.spec import NetworkSpec
from affect.training.settings import STAGE, BatchSettings, Chain, OptimiserSettings, Start, TrainConfig
from jobs.recipes.chains import after, of_network

PAPER = "BMVC 2019, section 4"

EXPRESSION_CORPORA = ("affectnet", "raf-db", "imfdb", "fer2013")
"""Table 8."""


def train(name: str) -> TrainConfig:
    """Learning rate, batch and sequence length of Table 3; SGD with momentum 0.9 for ArcFace, else Adam's defaults.

    The paper names no number of epochs.
    """
    optimiser, batch = _table_3(NETWORKS[name].spec)
    alone = name.endswith("-expr") and NETWORKS[name].spec.arcface is not None
    corpora = EXPRESSION_CORPORA if alone else ("aff-wild2",)
    return of_network(name, "BMVC 2019", corpora=corpora, optimiser=optimiser, batch=batch)


def _table_3(spec: NetworkSpec) -> tuple[OptimiserSettings, BatchSettings]:
    if spec.arcface is not None:
        return OptimiserSettings(name="sgd", learning_rate=1e-4, momentum=0.9), BatchSettings(size=300)
    if spec.fusion is not None:
        return OptimiserSettings(name="adam", learning_rate=1e-5), BatchSettings(size=5, length=90)
    if spec.recurrent is not None:
        return OptimiserSettings(name="adam", learning_rate=1e-5), BatchSettings(size=10, length=90)
    return OptimiserSettings(name="adam", learning_rate=1e-4), BatchSettings(size=256)


def pretrained_cnn(name: str) -> Chain:
    """First valence and arousal on Aff-Wild, then a new output layer and Aff-Wild2 (section 4 I)."""
    full = train(name)
    return Chain(
        recipe=f"{name}/staged",
        paper=f"{PAPER} I",
        tables=full.tables,
        stages={"aff-wild": _on_aff_wild(full), "aff-wild2": after(full, "aff-wild")},
    )


def _on_aff_wild(config: TrainConfig) -> TrainConfig:
    spec = config.network.model_copy(update={"heads": ("valence_arousal",)})
    return config.model_copy(update={"network": spec, "corpora": ("aff-wild",), "weights": (), "tables": ()})


def cnn_then_rnn(name: str) -> Chain:
    """MT-VGG as in I; its convolutions and first fully connected layer begin the CNN-RNN (section 4 II).

    Of the audio network all are trained on pictures of the sound.
    """
    full = train(name)
    (stream,) = full.network.streams
    cnn = train("bmvc2019/mt-vgg")
    cnn = cnn.model_copy(update={"network": cnn.network.model_copy(update={"streams": (stream,)})})
    return Chain(
        recipe=f"{name}/staged",
        paper=f"{PAPER} II",
        tables=full.tables,
        stages={
            "aff-wild": _on_aff_wild(cnn),
            "cnn": after(cnn, "aff-wild"),
            "cnn-rnn": after(full, "cnn", *cnn_parts(full.network)),
        },
    )


def audio_visual() -> Chain:
    """The two streams each by itself, then together end to end (section 4 III)."""
    visual, audio = (cnn_then_rnn(f"bmvc2019/mt-vgg-rnn-{kind}") for kind in ("visual", "audio"))
    stages = {
        f"{kind}-{name}": stage.model_copy(update={"start": _renamed(stage, kind)})
        for kind, chain in (("visual", visual), ("audio", audio))
        for name, stage in chain.stages.items()
    }
    streams = (
        Start(model=f"{STAGE}visual-cnn-rnn", parts=("streams.image",)),
        Start(model=f"{STAGE}audio-cnn-rnn", parts=("streams.sound",)),
    )
    together = train("bmvc2019/av-mt-vgg-rnn").model_copy(update={"start": streams, "weights": ()})
    return Chain(
        recipe="bmvc2019/av-mt-vgg-rnn/staged",
        paper=f"{PAPER} III",
        tables=together.tables,
        stages=stages | {"together": together},
    )


def arcface(slug: str, corpus: str) -> Chain:
    """All tasks on Aff-Wild2, then expressions on ``corpus`` (section 4 IV)."""
    again = train(f"bmvc2019/{slug}-expr").model_copy(update={"corpora": (corpus,), "tables": ("8",)})
    return Chain(
        recipe=f"bmvc2019/{slug}/{corpus}",
        paper=f"{PAPER} IV",
        tables=("8",),
        stages={"aff-wild2": train(f"bmvc2019/{slug}"), corpus: after(again, "aff-wild2")},
    )


def fine_tuned(corpus: str) -> Chain:
    """FT-MT-VGG: MT-VGG as in I, then expressions on ``corpus`` (section 4, Table 8)."""
    first = pretrained_cnn("bmvc2019/mt-vgg")
    again = train("bmvc2019/st-vgg-expr").model_copy(update={"corpora": (corpus,), "tables": ("8",)})
    return Chain(
        recipe=f"bmvc2019/mt-vgg/{corpus}",
        paper=f"{PAPER}, Table 8",
        tables=("8",),
        stages=first.stages | {corpus: after(again, "aff-wild2")},
    )


def _renamed(stage: TrainConfig, kind: str) -> tuple[Start, ...]:
    return tuple(
        start.model_copy(update={"model": f"{STAGE}{kind}-{start.model.removeprefix(STAGE)}"}) for start in stage.start
    )
