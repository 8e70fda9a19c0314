"""Which recipe gives each figure that the papers print of their own networks, and what it is measured on.

The network is the one whose rows in the catalogue name the figure's; the recipe is a way to train it.
"""

from affect.catalogue import NETWORKS, PAPERS
from affect.catalogue.published_results import LEADERBOARD, Result, published_results
from affect.errors import AffectError
from affect.reproduction.protocol import ALL_SPLITS, Copy, Protocol
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import TRAIN_RECIPES

ZERO_SHOT = "/zero-shot"

STAGED = ("bmvc2019",)
"""Papers whose networks are all trained in stages (BMVC 2019, section 4).

IJCV 2019 bases its CNN-RNNs on its CNNs without saying that they bring their weights along, and EXT 2018 does not say
which of its three strategies gave the figures: of both the recipe is the plain one, trained in one go.
"""

TESTED_ON_VALIDATION = ("affectnet", "afew", "bp4d", "bp4d-plus", "emotionet")
"""Corpora without a released test set: the papers test on the released validation set.

FaceBehaviorNet (section 4) makes a validation set of part of their training set; BMVC 2019 (section 4) too tests on
what was released for validation. ``jobs.partition --set within=train`` does so and calls the released validation set
"test"; in rows that are not divided it still is "validation". Of EmotioNet the papers print no split: of its pictures
annotated by people the challenge kept the test half.
"""

COMPOUND_EMOTIONET = "emotionet-compound"
"""A set without any split.

Zero-shot it is measured as a whole, as it was released (FaceBehaviorNet, section 7.5.2). How it was divided for
training is not printed: jobs.partition divides it, and what was trained on a part is measured on the test part.
"""


def protocol_of(result: Result) -> Protocol | Copy:
    """How a figure of the papers' own is come by. AffectError for a peer's, and where no recipe gives it."""
    if result.peer:
        raise AffectError(
            f"{result.label} of Table {result.table} is a peer's: no recipe of the papers gives its figures"
        )
    if result.paper == LEADERBOARD:
        return _copy(result)
    recipe = _recipe(result, _network(result))
    corpus, split = result.column.corpus, result.column.split
    zero_shot = result.network.endswith(ZERO_SHOT)
    if split == "cross-validation":
        return Protocol(recipe, corpus, "test", "folds")
    if corpus in TESTED_ON_VALIDATION:
        return Protocol(recipe, corpus, "test", undivided="validation")
    if corpus == COMPOUND_EMOTIONET:
        split = ALL_SPLITS if zero_shot else "test"
    return Protocol(recipe, corpus, split, "zero-shot" if zero_shot else "whole")


def _network(result: Result) -> str:
    """The catalogue's network. Single-task rows have one for each task, few-shot rows one for each corpus."""
    names = [
        name
        for name, entry in NETWORKS.items()
        if name.startswith(f"{result.paper}/") and (result.table, result.network) in entry.rows
        if result.network.endswith(ZERO_SHOT) or result.column.head in entry.spec.heads
        if entry.spec.heads != ("compound",) or _last(name).corpora == (result.column.corpus,)
    ]
    return _only(names, result, "network of the catalogue")


def _recipe(result: Result, name: str) -> str:
    own = f"{result.paper}/{result.network}"
    if own in TRAIN_RECIPES and own not in NETWORKS:  # the network trained in another way, as in Table 11
        return own
    if _again(result, name):
        found = [
            recipe
            for recipe, make in TRAIN_RECIPES.items()
            if isinstance(config := make(), Chain)
            and result.table in config.tables
            and _last(recipe).corpora == (result.column.corpus,)
        ]
        # The ArcFace chains are called by their first network.
        named = [recipe for recipe in found if recipe.startswith(f"{name}/")] or [
            recipe for recipe in found if _last(recipe).network == NETWORKS[name].spec
        ]
        return _only(named, result, "recipe that ends with the corpus")
    if result.network.endswith("/vanilla"):
        return f"{name}/affectnet"
    return f"{name}/staged" if result.paper in STAGED else name


def _again(result: Result, name: str) -> bool:
    """Whether the network is trained again on the corpus that it is measured on."""
    told = result.network.startswith("ft-") or result.network.endswith(("/fine-tuned", "/only-cnn"))
    return told or NETWORKS[name].spec.arcface is not None


def _last(recipe: str) -> TrainConfig:
    config = TRAIN_RECIPES[recipe]()
    return list(config.stages.values())[-1] if isinstance(config, Chain) else config


def _copy(result: Result) -> Copy:
    """The figure of the same network, corpus and value: the list's metrics disagree with the papers'."""
    same = [
        one
        for paper in PAPERS
        for one in published_results(paper)
        if one.network == result.network
        and one.column.corpus == result.column.corpus.removesuffix("-8")
        and one.value == result.value
    ]
    if not same:
        raise AffectError(f"no table of the papers has {result.printed} for {result.label} on {result.column.corpus}")
    return Copy(same[-1])


def _only(found: list[str], result: Result, kind: str) -> str:
    if len(found) != 1:
        raise AffectError(
            f"{result.label} of {result.paper}, Table {result.table}, {result.column.corpus}: "
            f"one {kind} is wanted, and there {'are ' + ', '.join(found) if found else 'is none'}"
        )
    return found[0]
