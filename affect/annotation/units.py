"""The units that a corpus is partitioned by, and how its labels end up spread over splits."""

from collections.abc import Iterator, Sequence

from affect.annotation.label_counts import TASKS, Counts, add_counts, count_labels
from affect.annotation.plans import EVERY, Unit
from affect.corpora.corpus import Clip, Corpus
from affect.errors import AffectError


def corpus_units(corpus: Corpus) -> tuple[list[tuple[Unit, str]], list[tuple[str, str]]]:
    """Each video, or single picture, of ``corpus`` with its own split; and those whose labels cannot be read.

    A frame sequence is one unit, a person's pictures are not: they are held together by the person.
    """
    units: list[tuple[Unit, str]] = []
    faults = []
    for clip in corpus.clips():
        try:
            units += [(unit, clip.split) for unit in _units(corpus, clip)]
        except AffectError as error:
            faults.append((clip.video, str(error)))
    return units, faults


def _units(corpus: Corpus, clip: Clip) -> Iterator[Unit]:
    labels = corpus.labels(clip)
    if clip.kind == "pictures":
        of_all = labels.get("main")
        for still in corpus.stills(clip):
            subjects = (still.subject,) if still.subject else ()
            here = slice(still.frame, still.frame + 1)
            yield Unit(still.name, subjects, count_labels(of_all, here) if of_all else {})
        return
    counts: Counts = {}
    for of_person in labels.values():
        counts = add_counts(counts, count_labels(of_person))
    yield Unit(clip.video, tuple(sorted({subject for subject in clip.subjects if subject})), counts)


def shared_people(units: Sequence[Unit], splits: Sequence[str]) -> list[str]:
    """Subjects who are in more than one of ``splits`` (one a unit)."""
    seen: dict[str, set[str]] = {}
    for unit, split in zip(units, splits, strict=True):
        for subject in unit.subjects:
            seen.setdefault(subject, set()).add(split)
    return sorted(subject for subject, places in seen.items() if len(places) > 1)


def label_shares(units: Sequence[Unit], splits: Sequence[str]) -> list[tuple[str, str, str, int, float]]:
    """Task, label, split, how many, and which share of the label's total: of each label that occurs.

    The label "videos" of a task counts units with any such annotation, that of the task "videos" counts all.
    """
    names = sorted(set(splits))
    amounts: dict[tuple[str, str], dict[str, int]] = {}
    for unit, split in zip(units, splits, strict=True):
        cells = [(EVERY, EVERY, 1)]
        for task, counts in unit.counts.items():
            cells += [(task, EVERY, 1), *((task, *pair) for pair in zip(TASKS[task], counts.tolist(), strict=True))]
        for task, label, count in cells:
            row = amounts.setdefault((task, label), dict.fromkeys(names, 0))
            row[split] += count
    order = {(task, label): place for place, (task, label) in enumerate(_all_labels())}
    return [
        (task, label, split, count, count / total)
        for (task, label), row in sorted(amounts.items(), key=lambda item: order[item[0]])
        if (total := sum(row.values()))
        for split, count in row.items()
    ]


def _all_labels() -> Iterator[tuple[str, str]]:
    yield EVERY, EVERY
    for task, labels in TASKS.items():
        yield from ((task, label) for label in (EVERY, *labels))
