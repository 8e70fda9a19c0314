"""Every figure of the papers' own has a recipe that trains its network and ends in what it is measured on."""

import pytest

from affect.catalogue.published_results import LEADERBOARD, published_results
from affect.errors import AffectError
from affect.reproduction.protocol import ALL_SPLITS, Copy, Protocol
from affect.training.settings import Chain
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.recipes.protocols import protocol_of

OWN = [one for one in published_results() if not one.peer]


def test_every_own_figure_has_a_protocol() -> None:
    assert len(OWN) == 526
    for one in OWN:
        protocol = protocol_of(one)
        if isinstance(protocol, Copy):
            assert one.paper == LEADERBOARD
            continue
        config = recipe(protocol.recipe)
        last = list(config.stages.values())[-1] if isinstance(config, Chain) else config
        assert one.table in config.tables, one.key
        assert protocol.recipe.startswith(f"{one.paper}/")
        outputs = (
            {one.column.head} if protocol.how != "zero-shot" else {"valence_arousal", "expression", "action_units"}
        )
        assert outputs <= set(last.network.heads), one.key
        assert protocol.split in ("test", "validation", ALL_SPLITS)


def of(paper: str, table: str, network: str, corpus: str, metric: str = "") -> Protocol | Copy:
    (found,) = {
        protocol_of(one)
        for one in OWN
        if (one.paper, one.table, one.network, one.column.corpus) == (paper, table, network, corpus)
        and one.column.metric.startswith(metric)
    }
    return found


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # Across databases: trained on Aff-Wild2 and measured elsewhere, each task by its own network.
        (("bmvc2019", "5", "st-vgg", "affectnet", "valence"), ("bmvc2019/st-vgg-va/staged", "test", "whole")),
        (("bmvc2019", "5", "st-vgg", "fer2013"), ("bmvc2019/st-vgg-expr/staged", "test", "whole")),
        (("bmvc2019", "7", "mt-vgg-rnn", "aff-wild2"), ("bmvc2019/mt-vgg-rnn-visual/staged", "test", "whole")),
        (("bmvc2019", "7", "mt-vgg", "emotionet"), ("bmvc2019/mt-vgg/staged", "test", "whole")),
        # Trained again on each corpus, and not.
        (("bmvc2019", "8", "mt-arcvgg", "raf-db"), ("bmvc2019/mt-arcvgg/raf-db", "test", "whole")),
        (("bmvc2019", "8", "ft-mt-vgg", "imfdb"), ("bmvc2019/mt-vgg/imfdb", "test", "whole")),
        (("bmvc2019", "8", "mt-vgg", "imfdb"), ("bmvc2019/mt-vgg/staged", "test", "whole")),
        (("ijcv2019", "11", "vgg-face/one-annotator", "aff-wild"),
         ("ijcv2019/vgg-face/one-annotator", "test", "whole")),
        (("ijcv2019", "15", "resnet-gru", "recola"), ("ijcv2019/resnet-gru", "test", "whole")),
        (("ijcv2019", "17", "vgg-face/only-cnn", "afew-va"),
         ("ijcv2019/vgg-face-without-landmarks/afew-va", "test", "folds")),
        (("ijcv2019", "18", "vgg-16", "afew"), ("ijcv2019/vgg-16-emotiw", "test", "whole")),
        (("ext2018", "VIII", "vggface1-gru-attention/fine-tuned", "recola"),
         ("ext2018/vggface1-gru-attention/recola", "test", "whole")),
        (("fbn2019", "4", "vgg-face/vanilla", "affectnet"), ("fbn2019/vgg-face-expr/affectnet", "test", "whole")),
        (("fbn2019", "7", "facebehaviornet/no-coupling/zero-shot", "raf-db-compound"),
         ("fbn2019/facebehaviornet-no-coupling", "test", "zero-shot")),
        (("fbn2019", "7", "facebehaviornet/all-coupling/fine-tuned", "emotionet-compound"),
         ("fbn2019/facebehaviornet-all-coupling-emotionet-compound/few-shot", "test", "whole")),
        (("fbn2019", "7", "facebehaviornet/all-coupling/zero-shot", "emotionet-compound"),
         ("fbn2019/facebehaviornet-co-annotation+soft-co-annotation+distribution-matching", ALL_SPLITS, "zero-shot")),
    ],
)  # fmt: skip
def test_protocols(row: tuple[str, ...], expected: tuple[str, str, str]) -> None:
    protocol = of(*row)
    assert isinstance(protocol, Protocol)
    assert (protocol.recipe, protocol.split, protocol.how) == expected
    assert protocol.recipe in TRAIN_RECIPES


def test_only_where_no_test_set_was_released_the_validation_set_is_tested_on() -> None:
    """EXT 2018 reports on Aff-Wild2's validation set beside its test set: that one is never called otherwise."""
    protocols = [(one.column, protocol_of(one)) for one in OWN]
    undivided = {column.corpus: one.undivided for column, one in protocols if isinstance(one, Protocol)}
    known = ("affectnet", "afew", "bp4d", "bp4d-plus", "emotionet")
    assert {corpus: name for corpus, name in undivided.items() if name} == dict.fromkeys(known, "validation")
    kept = {column.corpus for column, one in protocols if isinstance(one, Protocol) and one.split == "validation"}
    assert kept == {"aff-wild2"}


def test_the_leaderboard_repeats_the_paper() -> None:
    copy = of(LEADERBOARD, "related", "mt-arcres", "affectnet-8")
    assert isinstance(copy, Copy)
    assert copy.of.key == ("bmvc2019", "8", "affectnet", "validation", "expression_macro_f1", "mt-arcres")


def test_peers_have_none() -> None:
    peer = next(one for one in published_results("bmvc2019", "8") if one.peer)
    with pytest.raises(AffectError, match=r"AlexNet .* is a peer's"):
        protocol_of(peer)
