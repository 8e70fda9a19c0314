"""What of a corpus of single pictures is to be learnt from, once a check has found its copies and contradictions.

Only the training split becomes smaller: figures on the others stay comparable with those of whoever uses them whole.
"""

from collections import defaultdict
from collections.abc import Iterable

from affect.annotation.plans import Unit
from affect.checking.findings import Finding
from affect.corpora.corpus import Corpus

TRAIN = "train"


def kept(corpus: Corpus, findings: Iterable[Finding]) -> tuple[list[Unit], list[str], dict[str, int]]:
    """The single pictures of ``corpus`` to use and the split of each, and how many are left out for which reason.

    Left out of the training split are pictures that lie in another split as well, equal or nearly, all of those that
    are equal and labelled differently, all but the first of other equal ones, and blank ones.
    """
    pictures = {
        still.name: (clip.split, Unit(still.name, (still.subject,) if still.subject else ()))
        for clip in corpus.clips()
        if clip.kind == "pictures"
        for still in corpus.stills(clip)
    }
    about = [one for one in findings if one.name in pictures]
    left_out = {one.name: "blank" for one in about if one.kind == "blank"}
    for one in about:
        if one.kind == "near duplicate across splits":
            left_out |= dict.fromkeys((one.name, one.other), "nearly equal to one of another split")
    contrary = {one.name for one in about if one.kind == "contradiction" and not one.what.startswith("votes")}
    equal: dict[str, list[str]] = defaultdict(list)
    for one in about:
        if one.kind in ("duplicate", "duplicate across splits"):
            equal[one.other].append(one.name)
    for first, others in equal.items():
        group = [first, *others]
        if len({pictures[name][0] for name in group}) > 1:
            left_out |= dict.fromkeys(group, "equal to one of another split")
        elif contrary & set(group):
            left_out |= dict.fromkeys(group, "equal to one that is labelled differently")
        else:
            left_out |= dict.fromkeys(others, "a copy")
    use = {name: place for name, place in pictures.items() if place[0] != TRAIN or name not in left_out}
    counts: dict[str, int] = defaultdict(int)
    for name, reason in left_out.items():
        counts[reason] += name not in use
    return [unit for _, unit in use.values()], [split for split, _ in use.values()], dict(counts)
