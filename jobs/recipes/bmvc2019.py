"""Expression, Affect, Action Unit Recognition: Aff-Wild2, Multi-Task Learning and ArcFace (BMVC 2019)."""

from affect.catalogue import NETWORKS
from affect.networks.spec import NetworkSpec
from affect.training.settings import STAGE, BatchSettings, Chain, OptimiserSettings, Start, TrainConfig

PAPER = "BMVC 2019, section 4"


def train(name: str) -> TrainConfig:
    """Learning rate, batch and sequence length of Table 3; SGD with momentum 0.9 for ArcFace, else Adam's defaults.

    The paper names no number of epochs.
    """
    entry = NETWORKS[name]
    optimiser, batch = _table_3(entry.spec)
    return TrainConfig(
        recipe=name,
        paper=f"BMVC 2019, {entry.where}",
        network=entry.spec,
        objective=entry.objective,
        optimiser=optimiser,
        batch=batch,
    )


def _table_3(spec: NetworkSpec) -> tuple[OptimiserSettings, BatchSettings]:
    if spec.arcface is not None:
        return OptimiserSettings(name="sgd", learning_rate=1e-4, momentum=0.9), BatchSettings(size=300)
    if spec.fusion is not None:
        return OptimiserSettings(name="adam", learning_rate=1e-5), BatchSettings(size=5, length=90)
    if spec.recurrent is not None:
        return OptimiserSettings(name="adam", learning_rate=1e-5), BatchSettings(size=10, length=90)
    return OptimiserSettings(name="adam", learning_rate=1e-4), BatchSettings(size=256)


def pretrained_cnn(name: str) -> Chain:
    """First valence and arousal on Aff-Wild, then a new output layer and Aff-Wild2 (section 4 I).

    Give each stage its data: --set stages.aff-wild.data=[URI] --set stages.aff-wild2.data=[URI].
    """
    full = train(name)
    first = full.model_copy(update={"network": full.network.model_copy(update={"heads": ("valence_arousal",)})})
    return Chain(
        recipe=f"{name}/staged",
        paper=f"{PAPER} I",
        stages={"aff-wild": first, "aff-wild2": _after(full, "aff-wild")},
    )


def cnn_then_rnn(name: str) -> Chain:
    """MT-VGG first; its convolutions and first fully connected layer begin the CNN-RNN (section 4 II).

    Of the audio network both are trained on pictures of the sound.
    """
    full = train(name)
    (stream,) = full.network.streams
    cnn = train("bmvc2019/mt-vgg")
    cnn = cnn.model_copy(update={"network": cnn.network.model_copy(update={"streams": (stream,)})})
    parts = (f"streams.{stream}.encoder", f"streams.{stream}.fully_connected.0")
    return Chain(
        recipe=f"{name}/staged", paper=f"{PAPER} II", stages={"cnn": cnn, "cnn-rnn": _after(full, "cnn", *parts)}
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
    together = train("bmvc2019/av-mt-vgg-rnn").model_copy(update={"start": streams})
    return Chain(recipe="bmvc2019/av-mt-vgg-rnn/staged", paper=f"{PAPER} III", stages=stages | {"together": together})


def arcface(slug: str) -> Chain:
    """All tasks on Aff-Wild2, then expressions on one of the corpora (section 4 IV).

    Give each stage its data: --set stages.aff-wild2.data=[URI] --set stages.corpus.data=[URI].
    """
    again = train(f"bmvc2019/{slug}-expr")
    stages = {"aff-wild2": train(f"bmvc2019/{slug}"), "corpus": _after(again, "aff-wild2")}
    return Chain(recipe=f"bmvc2019/{slug}/staged", paper=f"{PAPER} IV", stages=stages)


def _after(config: TrainConfig, stage: str, *parts: str) -> TrainConfig:
    return config.model_copy(update={"start": (Start(model=STAGE + stage, parts=parts or ("streams",)),)})


def _renamed(stage: TrainConfig, kind: str) -> tuple[Start, ...]:
    return tuple(
        start.model_copy(update={"model": f"{STAGE}{kind}-{start.model.removeprefix(STAGE)}"}) for start in stage.start
    )
