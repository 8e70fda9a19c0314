"""Narrow forms of the networks of the papers: at least one of every encoder, cell, head and way to join them."""

from affect.catalogue import NETWORKS
from affect.networks.spec import NetworkSpec, Recurrent

NAMES = (
    "ijcv2019/cnn-m",
    "ijcv2019/vgg-face",
    "ijcv2019/vgg-16-emotiw",
    "ijcv2019/resnet-50",
    "ijcv2019/resnet-gru",
    "ijcv2019/affwildnet",
    "ijcv2019/affwildnet-1x100",
    "ijcv2019/affwildnet-second-fc",
    "ijcv2019/affwildnet-lstm",
    "ijcv2019/affwildnet-resnet-50",
    "ijcv2019/affwildnet-emotiw",
    "ext2018/vggface1-lstm",
    "ext2018/vggface1-indrnn",
    "ext2018/vggface1-gru-attention",
    "ext2018/vggface1-lstm-attention",
    "ext2018/vggface1-indrnn-attention",
    "ext2018/vggface1-gru-pooled",
    "ext2018/resnet2-gru-attention",
    "ext2018/densenet-gru",
    "bmvc2019/mt-vgg",
    "bmvc2019/mt-sphereface",
    "bmvc2019/mt-inception-resnet",
    "bmvc2019/mt-vgg-rnn-visual",
    "bmvc2019/mt-vgg-rnn-audio",
    "bmvc2019/av-mt-vgg-rnn",
    "bmvc2019/mt-arcres",
    "bmvc2019/mt-arcvgg",
    "fbn2019/facebehaviornet-co-annotation+soft-co-annotation+distribution-matching",
    "fbn2019/densenet-121-multi-task",
    "fbn2019/resnet-50-multi-task",
    "fbn2019/alexnet-expr",
)

SMALLEST = {"inception-resnet-v1": 80, "inception-resnet-v2": 80, "cnn-m": 64, "alexnet": 64}


def narrow(spec: NetworkSpec) -> NetworkSpec:
    """``spec`` with a sixteenth of its channels on small pictures, and short attention."""
    changes: dict[str, object] = {"width": 1 / 16, "input_size": SMALLEST.get(spec.encoder, 48), "dropout": 0.0}
    if spec.embedding:
        changes["embedding"] = 32
    for name, part in (("recurrent", spec.recurrent), ("fusion", spec.fusion)):
        if isinstance(part, Recurrent):
            attention = part.attention and 4
            changes[name] = part.model_copy(update={"units": 256, "attention": attention, "dropout": 0.0})
    return spec.model_copy(update=changes)


SPECS = {name: narrow(NETWORKS[name].spec) for name in NAMES}
SPECS["inception-resnet-v2"] = narrow(NetworkSpec(encoder="inception-resnet-v2", pooling="average"))
SPECS["compound"] = narrow(NETWORKS["fbn2019/facebehaviornet-no-coupling-emotionet-compound"].spec)
