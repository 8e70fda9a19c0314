"""Face Behavior a la carte: Expressions, Affect and Action Units in a Single Network (2019)."""

from affect.catalogue.entry import Entry
from affect.labels import EMOTIONET_COMPOUNDS, RAFDB_COMPOUNDS
from affect.networks.spec import NetworkSpec
from affect.objectives.settings import CoAnnotation, DistributionMatching, ObjectiveSettings, SoftCoAnnotation

HARD = CoAnnotation()
SOFT = SoftCoAnnotation()
MATCHING = DistributionMatching()


def objective(
    co_annotation: CoAnnotation | None = None,
    soft_co_annotation: SoftCoAnnotation | None = None,
    distribution_matching: DistributionMatching | None = None,
) -> ObjectiveSettings:
    """Eq 1, with couplings."""
    return ObjectiveSettings(
        valence_arousal="ccc",
        action_units="mean",
        co_annotation=co_annotation,
        soft_co_annotation=soft_co_annotation,
        distribution_matching=distribution_matching,
    )


COUPLINGS = {
    "no-coupling": objective(),
    "co-annotation": objective(HARD),
    "soft-co-annotation": objective(None, SOFT),
    "distribution-matching": objective(None, None, MATCHING),
    "co-annotation+soft-co-annotation": objective(HARD, SOFT),
    "co-annotation+distribution-matching": objective(HARD, None, MATCHING),
    "soft-co-annotation+distribution-matching": objective(None, SOFT, MATCHING),
    "co-annotation+soft-co-annotation+distribution-matching": objective(HARD, SOFT, MATCHING),
}
"""Section 7.4's settings and Table 6's rows, which differ in one: the table has soft co-annotation with matching."""

ALL = "co-annotation+soft-co-annotation+distribution-matching"


def facebehaviornet(**fields: object) -> NetworkSpec:
    """The 13 convolutions of VGG-FACE and two fully connected layers of 4096 (section 3, Figure 1)."""
    return NetworkSpec.parse({"encoder": "vgg-face", "fully_connected": (4096, 4096), "dropout": 0.5, **fields})


def pooled(encoder: str, **fields: object) -> NetworkSpec:
    """ResNet-50 or DenseNet-121 with the outputs on their pooled map, as their own classifier is (Table 2).

    "Dropout in the fully connected layers" (section 6) has none to act on.
    """
    return NetworkSpec.parse({"encoder": encoder, "pooling": "average", "dropout": 0.0, **fields})


def alexnet(**fields: object) -> NetworkSpec:
    """The peers' baseline (Tables 3-5), which took pictures of 224."""
    return NetworkSpec.parse(
        {"encoder": "alexnet", "input_size": 224, "fully_connected": (4096, 4096), "dropout": 0.5, **fields}
    )


def _entries() -> dict[str, Entry]:
    entries = {}
    tables = {"no-coupling": ("2", "3", "4", "5", "6")}
    slug = "facebehaviornet"
    for coupling, settings in COUPLINGS.items():
        # Section 7.4 (vi) has no row in Table 6.
        printed = tables.get(coupling, () if coupling == "co-annotation+distribution-matching" else ("6",))
        rows = tuple((table, f"{slug}/{coupling}") for table in printed)
        short = {"no-coupling": "no-coupling", ALL: "all-coupling"}.get(coupling)
        if short:
            rows += (("7", f"{slug}/{short}/zero-shot"),)
            for corpus, compounds in (("raf-db", RAFDB_COMPOUNDS), ("emotionet", EMOTIONET_COMPOUNDS)):
                entries[f"{slug}-{short}-{corpus}-compound"] = Entry(
                    facebehaviornet(heads=("compound",), compounds=compounds),
                    objective(), "section 7.5", (("7", f"{slug}/{short}/fine-tuned"),), (f"fbn2019/{slug}-{coupling}",),
                )  # fmt: skip
        entries[f"{slug}-{coupling}"] = Entry(facebehaviornet(), settings, "section 3, Figure 1", rows, ("vgg-face",))
    for encoder in ("resnet-50", "densenet-121"):
        entries[f"{encoder}-multi-task"] = Entry(
            pooled(encoder), objective(), "section 7", (("2", f"{encoder}/multi-task"),), (f"imagenet-{encoder}",)
        )
    peers = {"3": "valence_arousal", "4": "expression", "5": "action_units"}
    for table, head in peers.items():
        short = {"valence_arousal": "va", "expression": "expr", "action_units": "au"}[head]
        # The vanilla networks are the same, trained on AffectNet alone.
        rows = ((table, "vgg-face/single-task"), *([] if short == "au" else [(table, "vgg-face/vanilla")]))
        entries[f"vgg-face-{short}"] = Entry(
            facebehaviornet(heads=(head,)), objective(), "section 7.1-7.3", rows, ("vgg-face",)
        )
        entries[f"alexnet-{short}"] = Entry(
            alexnet(heads=(head,)), objective(), "section 7.1-7.3", ((table, "alexnet"),), ("imagenet-alexnet",)
        )
    return entries


ENTRIES = _entries()
