"""A corpus looked at whole: what its clips have in common, from the little that is kept of each."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.checking.clip import CheckedClip
from affect.checking.findings import MEANINGS, Finding, Kind, ranked
from affect.checking.near import MOST_PAIRS, near_pairs
from affect.checking.prints import PICTURE, PLACES, contradictions
from affect.checking.tally import Tally
from affect.corpora.corpus import Clip, Corpus

SAME_PLACES = 3
"""Of a video's five looked-at frames so many must look the same as another's, each at its place."""

Place = tuple[int, int]
"""A picture: its clip by number, and its frame there."""


@dataclass
class Check:
    """All that is known of a corpus: add every clip once, in any order, then ``finish``."""

    corpus: Corpus
    clips: Sequence[Clip]
    tally: Tally = field(default_factory=Tally)
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    """Numbers of equal and nearly equal pictures and videos."""
    complete: bool = True
    """Whether all nearly equal pictures were found; of very many only MOST_PAIRS pairs are."""
    _pictures: list[NDArray[np.void]] = field(default_factory=list)
    _exact: dict[int, NDArray[np.uint64]] = field(default_factory=dict)
    _near: dict[int, NDArray[np.uint64]] = field(default_factory=dict)

    def add(self, index: int, checked: CheckedClip) -> None:
        """What was found in the ``index``-th of ``clips``."""
        self.tally.add(checked.tally)
        self.findings += checked.findings
        if len(checked.pictures):
            self._pictures.append(checked.pictures)
        if checked.exact is not None:
            self._exact[index] = checked.exact
        if checked.near is not None:
            self._near[index] = checked.near

    def finish(self, faults: Iterable[tuple[str, str]]) -> None:
        """Compare everything with everything; ``faults`` are the corpus's own."""
        self._compare_pictures()
        self._compare_videos()
        self._compare_people()
        self.findings += [Finding("corpus", "", name, "", reason) for name, reason in faults]
        self.findings = ranked(self.findings)

    def counts(self) -> dict[Kind, int]:
        """How many findings there are of each kind, kinds in the order of MEANINGS."""
        counts = dict.fromkeys(MEANINGS, 0)
        for finding in self.findings:
            counts[finding.kind] += 1
        return counts

    def _compare_pictures(self) -> None:
        pictures = np.concatenate([np.empty(0, PICTURE), *self._pictures])
        self._pictures.clear()
        pictures = pictures[np.lexsort((pictures["frame"], pictures["clip"]))]
        splits = np.array([clip.split for clip in self.clips] or [""])[pictures["clip"]]
        groups, single = _equal(pictures["exact"])
        single = single[~pictures["blank"][single]]  # blank ones all look the same
        pairs, bits = near_pairs(pictures["near"][single])
        pairs = single[pairs]
        wanted = {_place(pictures[place]) for place in np.concatenate([*groups, pairs.reshape(-1)]).astype(np.int64)}
        names = _names(self.corpus, self.clips, wanted)
        crossing, contrary = 0, 0
        for group in groups:
            same = pictures[group]
            where = Counter(splits[group].tolist())
            across = len(where) > 1
            what = f"{len(group)} equal pictures: " + ", ".join(f"{count} in {name}" for name, count in where.items())
            crossing += across
            first = names[_place(same[0])]
            for one in same[1:]:
                self._find("duplicate", across, int(one["clip"]), names[_place(one)], first, what)
            told = contradictions(same)
            contrary += "expression" in told
            for kind, what in told.items():
                other = names[_place(same[1])]
                self._find("contradiction", False, int(same[0]["clip"]), first, other, f"{kind}: {what}")
        for (one, two), differing in zip(pairs.tolist(), bits.tolist(), strict=True):
            told = contradictions(pictures[[one, two]])
            labels = "; ".join(["", *(f"{kind}: {what}" for kind, what in told.items() if kind != "votes")])
            self._find(
                "near duplicate",
                bool(splits[one] != splits[two]),
                int(pictures[two]["clip"]),
                names[_place(pictures[two])],
                names[_place(pictures[one])],
                f"{differing} of 128 bits differ; {_both(splits[two], splits[one])}{labels}",
            )
        self.facts |= {
            "pictures": len(pictures),
            "surplus_copies": sum(len(group) - 1 for group in groups),
            "groups_of_equal": len(groups),
            "groups_across_splits": crossing,
            "groups_of_several_expressions": contrary,
            "near_pairs": len(pairs),
        }
        self.complete = len(pairs) < MOST_PAIRS

    def _compare_videos(self) -> None:
        index = np.array(sorted(self._exact), np.int64)
        groups, single = _equal(np.stack([self._exact[one] for one in index]) if len(index) else np.empty((0, 2), "u8"))
        for group in groups:
            self._find_videos("duplicate", index[group[0]], index[group[1:]], f"{len(group)} equal videos")
        index = index[single]
        prints = np.stack([self._near[one] for one in index]) if len(index) else np.empty((0, len(PLACES), 2), "u8")
        same: dict[tuple[int, int], int] = defaultdict(int)
        for place in range(len(PLACES)):
            shown = np.flatnonzero(prints[:, place].any(axis=1))  # blank frames are alike in all videos
            for one, two in shown[near_pairs(prints[shown, place])[0]].tolist():
                same[one, two] += 1
        near = [pair for pair, places in same.items() if places >= SAME_PLACES]
        for one, two in near:
            self._find_videos("near duplicate", index[one], index[[two]], f"{same[one, two]} of 5 frames look the same")
        self.facts |= {
            "videos": len(self._exact),
            "groups_of_equal_videos": len(groups),
            "near_pairs_of_videos": len(near),
        }

    def _find_videos(self, kind: Kind, first: int, others: Iterable[int], what: str) -> None:
        one = self.clips[int(first)]
        for other in map(int, others):
            two = self.clips[other]
            told = f"{what}; {_both(two.split, one.split)}"
            self._find(kind, two.split != one.split, other, two.media, one.media, told)

    def _compare_people(self) -> None:
        places: dict[str, list[str]] = defaultdict(list)
        for split, counts in self.tally.splits.items():
            for subject in counts.subjects:
                places[subject].append(split)
        for subject, splits in places.items():
            if len(splits) > 1:
                self.findings.append(Finding("person in two splits", "", subject, "", " and ".join(sorted(splits))))

    def _find(self, kind: Kind, across: bool, clip: int, name: str, other: str, what: str) -> None:
        whole: Any = f"{kind} across splits" if across else kind
        self.findings.append(Finding(whole, self.clips[clip].video, name, other, what))


def _equal(hashes: NDArray[np.uint64]) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Places of equal rows, by group, and the first place of each different row; in rising order."""
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))
    ranks = hashes[order]
    starts = np.flatnonzero(np.r_[True, (ranks[1:] != ranks[:-1]).any(axis=1)][: len(order)])
    ends = np.append(starts[1:], len(order))
    many = np.flatnonzero(ends - starts > 1)
    groups = [order[starts[place] : ends[place]] for place in many]
    return sorted(groups, key=lambda group: int(group[0])), np.sort(order[starts])


def _both(one: str, two: str) -> str:
    return f"both in {one}" if one == two else f"in {one} and {two}"


def _place(picture: np.void) -> Place:
    return int(picture["clip"]), int(picture["frame"])


def _names(corpus: Corpus, clips: Sequence[Clip], wanted: set[Place]) -> dict[Place, str]:
    """Names of pictures: clips are listed anew, so that the names of all need not be kept."""
    return {
        (index, still.frame): still.name
        for index in sorted({index for index, _ in wanted})
        for still in corpus.stills(clips[index])
        if (index, still.frame) in wanted
    }
