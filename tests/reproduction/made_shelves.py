"""Shelves of rows that need not lie anywhere."""

from affect.reproduction.holdings import Holdings, Shelf

SPLITS = frozenset({"train", "validation", "test"})


def shelf(corpus: str, *, size: int = 96, splits: frozenset[str] = SPLITS, fold: int | None = None) -> Shelf:
    name = corpus if fold is None else f"{corpus}-{fold}"
    return Shelf(f"/rows/{name}-{size}", corpus, splits, size, synthetic=False, fold=fold)


def holdings(*corpora: str) -> Holdings:
    return Holdings(tuple(map(shelf, corpora)))
