"""The experiments of the papers: one module a paper, one function a family, each returning one typed configuration."""

from collections.abc import Callable
from functools import partial

from affect.catalogue import NETWORKS
from affect.registry import look_up
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import bmvc2019, ext2018, fbn2019, ijcv2019, sample

_PAPERS: dict[str, Callable[[str], TrainConfig]] = {
    "ijcv2019": ijcv2019.train,
    "ext2018": ext2018.train,
    "bmvc2019": bmvc2019.train,
    "fbn2019": fbn2019.train,
}

_SINGLE_STREAM = [f"bmvc2019/mt-vgg-rnn-{kind}" for kind in ("visual", "audio")]

TRAIN_RECIPES: dict[str, Callable[[], TrainConfig | Chain]] = {
    **{name: partial(_PAPERS[name.partition("/")[0]], name) for name in NETWORKS},
    **{f"{name}/strategy-i": partial(ext2018.frozen, name) for name in NETWORKS if name.startswith("ext2018/")},
    **{f"{name}/strategy-iii": partial(ext2018.both, name) for name in NETWORKS if name.startswith("ext2018/")},
    **{
        f"{name}/staged": partial(bmvc2019.pretrained_cnn, name)
        for name, entry in NETWORKS.items()
        if name.startswith("bmvc2019/") and not entry.spec.sequential and entry.spec.arcface is None
    },
    **{f"{name}/staged": partial(bmvc2019.cnn_then_rnn, name) for name in _SINGLE_STREAM},
    "bmvc2019/av-mt-vgg-rnn/staged": bmvc2019.audio_visual,
    "bmvc2019/mt-arcres/staged": partial(bmvc2019.arcface, "mt-arcres"),
    "bmvc2019/mt-arcvgg/staged": partial(bmvc2019.arcface, "mt-arcvgg"),
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
