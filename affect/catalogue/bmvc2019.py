"""Expression, Affect, Action Unit Recognition: Aff-Wild2, Multi-Task Learning and ArcFace (BMVC 2019)."""

from affect.catalogue.entry import Entry
from affect.labels import AFF_WILD2_ACTION_UNITS
from affect.networks.spec import ArcFace, Head, NetworkSpec, Recurrent
from affect.objectives.settings import ObjectiveSettings

TASKS: dict[str, tuple[Head, ...]] = {
    "mt": ("valence_arousal", "expression", "action_units"),
    "st-va": ("valence_arousal",),
    "st-au": ("action_units",),
    "st-expr": ("expression",),
}
"""Multi-task, and single-task for each task."""

SUM = ObjectiveSettings(valence_arousal="ccc", action_units="sum")

ON_AFF_WILD = ("Aff-Wild",)


def vgg(tasks: str = "mt") -> NetworkSpec:
    """VGGFACE with its two fully connected layers (section 3); dropout of Table 3."""
    return _spec("vgg-face", tasks, fully_connected=(4096, 4096))


def sphereface(tasks: str = "mt") -> NetworkSpec:
    """SphereFace-20, whose one fully connected layer, of 512, has no activation."""
    return _spec("sphereface-20", tasks, embedding=512, embedding_norm=False, initialisation="sphereface")


def inception_resnet(tasks: str = "mt") -> NetworkSpec:
    """Inception-ResNet; of the two in the paper that is cited, v1, whose blocks the face networks of the time have.

    As there the outputs are on the pooled map, with dropout between.
    """
    return _spec("inception-resnet-v1", tasks, pooling="average")


def vgg_rnn(*streams: str) -> NetworkSpec:
    """MT-VGG-RNN: two GRU layers of 128 on the first fully connected layer of MT-VGG; of two streams, the fusion."""
    return _spec(
        "vgg-face",
        "mt",
        streams=streams,
        fully_connected=(4096,),
        recurrent=Recurrent(),
        fusion=Recurrent() if len(streams) > 1 else None,
    )


def arc(encoder: str, tasks: str = "mt") -> NetworkSpec:
    """MT-ArcRes (Figure 5) or MT-ArcVGG: an embedding of d on the last map, ArcFace.

    Table 3 gives d of 32 and 512, s of 32 and 64 and the best m as "0.1/1", read as MT-ArcRes's and MT-ArcVGG's.
    """
    arcface = ArcFace(scale=64.0, margin=0.1 if encoder == "arc-res" else 1.0)
    return _spec(encoder, tasks, embedding=512, arcface=arcface)


def _spec(encoder: str, tasks: str, **fields: object) -> NetworkSpec:
    settings = {"heads": TASKS[tasks], "action_units": AFF_WILD2_ACTION_UNITS, "dropout": 0.4}
    return NetworkSpec.parse({"encoder": encoder, **settings, **fields})


def _entries() -> dict[str, Entry]:
    entries = {}
    section = "section 3, Table 3"
    for tasks in TASKS:
        kind, _, task = tasks.partition("-")
        ending = f"-{task}" if task else ""
        for slug, make in (("vgg", vgg), ("sphereface", sphereface), ("inception-resnet", inception_resnet)):
            rows: tuple[tuple[str, str], ...] = () if task == "au" else (("5", f"{kind}-{slug}"),)
            if (kind, slug) == ("mt", "vgg"):
                # FT-MT-VGG is the same network, re-trained on each corpus.
                rows += (("6", "mt-vgg"), ("7", "mt-vgg"), ("8", "mt-vgg"), ("8", "ft-mt-vgg"))
            entries[f"{kind}-{slug}{ending}"] = Entry(make(tasks), SUM, section, rows, ON_AFF_WILD)
    # Of which modality Table 7's is, the paper does not say; the visual one is the better.
    entries["mt-vgg-rnn-visual"] = Entry(
        vgg_rnn("image"), SUM, section, (("6", "mt-vgg-rnn-visual"), ("7", "mt-vgg-rnn")), ("bmvc2019/mt-vgg",)
    )
    entries["mt-vgg-rnn-audio"] = Entry(
        vgg_rnn("sound"), SUM, section, (("6", "mt-vgg-rnn-audio"),), ("bmvc2019/mt-vgg",)
    )
    entries["av-mt-vgg-rnn"] = Entry(
        vgg_rnn("image", "sound"), SUM, f"{section}, Figure 4", (("6", "av-mt-vgg-rnn"),),
        ("bmvc2019/mt-vgg-rnn-visual", "bmvc2019/mt-vgg-rnn-audio"),
    )  # fmt: skip
    for slug, encoder in (("arcres", "arc-res"), ("arcvgg", "vgg-face")):
        entries[f"mt-{slug}"] = Entry(arc(encoder), SUM, f"{section}, Figure 5, eq 4")
        entries[f"mt-{slug}-expr"] = Entry(
            arc(encoder, "st-expr"), SUM, "section 4 IV", (("8", f"mt-{slug}"),), (f"bmvc2019/mt-{slug}",)
        )
    return entries


ENTRIES = _entries()
