"""The experiments of the papers and the project's own: a module each, a function a family, one typed configuration."""

from collections.abc import Callable
from functools import partial

from affect.catalogue import NETWORKS
from affect.registry import look_up
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import bmvc2019, ext2018, fbn2019, ijcv2019, own, pretrain_identity, sample

_PAPERS: dict[str, Callable[[str], TrainConfig]] = {
    "ijcv2019": ijcv2019.train,
    "ext2018": ext2018.train,
    "bmvc2019": bmvc2019.train,
    "fbn2019": fbn2019.train,
}

_SINGLE_STREAM = [f"bmvc2019/mt-vgg-rnn-{kind}" for kind in ("visual", "audio")]
_CNNS = [
    name
    for name, entry in NETWORKS.items()
    if name.startswith("bmvc2019/") and not entry.spec.sequential and entry.spec.arcface is None
]
_AFFWILDNETS = [name for name in NETWORKS if name.startswith("ijcv2019/affwildnet") and not name.endswith("-emotiw")]
_EXT = [name for name in NETWORKS if name.startswith("ext2018/")]

TRAIN_RECIPES: dict[str, Callable[[], TrainConfig | Chain]] = {
    **{name: partial(_PAPERS[name.partition("/")[0]], name) for name in NETWORKS},
    **{f"ijcv2019/{slug}/fixed-cnn": partial(ijcv2019.fixed_cnn, f"ijcv2019/{slug}") for slug in ijcv2019.FIXED},
    "ijcv2019/vgg-face/one-annotator": partial(ijcv2019.annotators, "one-annotator"),
    "ijcv2019/vgg-face/mean-of-annotators": partial(ijcv2019.annotators, "mean-of-annotators"),
    **{f"{name}/staged": partial(ijcv2019.cnn_then_rnn, name) for name in _AFFWILDNETS},
    "ijcv2019/affwildnet/recola": ijcv2019.recola,
    "ijcv2019/affwildnet/afew-va": ijcv2019.afew_va,
    "ijcv2019/vgg-face-without-landmarks/afew-va": ijcv2019.afew_va_cnn,
    "ijcv2019/affwildnet-emotiw/fine-tuned": ijcv2019.emotiw,
    **{f"{name}/strategy-i": partial(ext2018.frozen, name) for name in _EXT},
    **{f"{name}/strategy-iii": partial(ext2018.both, name) for name in _EXT},
    "ext2018/vggface1-gru-attention/recola": ext2018.recola,
    **{f"{name}/staged": partial(bmvc2019.pretrained_cnn, name) for name in _CNNS},
    **{f"{name}/staged": partial(bmvc2019.cnn_then_rnn, name) for name in _SINGLE_STREAM},
    "bmvc2019/av-mt-vgg-rnn/staged": bmvc2019.audio_visual,
    **{
        f"bmvc2019/{slug}/{corpus}": partial(bmvc2019.arcface, slug, corpus)
        for slug in ("mt-arcres", "mt-arcvgg")
        for corpus in bmvc2019.EXPRESSION_CORPORA
    },
    **{f"bmvc2019/mt-vgg/{corpus}": partial(bmvc2019.fine_tuned, corpus) for corpus in bmvc2019.EXPRESSION_CORPORA},
    **{
        f"fbn2019/vgg-face-{task}/affectnet": partial(fbn2019.vanilla, f"fbn2019/vgg-face-{task}")
        for task in ("va", "expr")
    },
    **{f"{name}/few-shot": partial(fbn2019.few_shot, name) for name in NETWORKS if name.endswith("-compound")},
    **pretrain_identity.RECIPES,
    "own/fer2013": own.fer2013,
    "own/fer2013/first-cycle": own.first_cycle,
    "own/fer2013/action-units": own.action_units,
    "sample/mt-vgg": sample.mt_vgg,
    "sample/mt-arcres": sample.mt_arcres,
}


def recipe(name: str, *, small: bool = False) -> TrainConfig | Chain:
    """The configuration of a recipe by its name, or of its ``small`` form for the sample corpus on two cores.

    Raises AffectError with the nearest name when there is none.
    """
    config = look_up(TRAIN_RECIPES, name, "recipe")()
    if not small:
        return config
    if isinstance(config, TrainConfig):
        return sample.small(config)
    stages = {stage: sample.small(one) for stage, one in config.stages.items()}
    return config.model_copy(update={"recipe": f"{name}/small", "stages": stages})
