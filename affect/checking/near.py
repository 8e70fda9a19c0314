"""Nearly equal hashes among many, without comparing each with each."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

NEAR_BITS = 6
"""Of 128 bits as many may differ. All of 70 such pairs of FER2013 that were looked at are of one photograph."""

MOST_PAIRS = 200_000
"""More pairs say no more of a corpus, and would fill the memory."""

_BANDS = 8

Pairs = NDArray[np.int64]


def near_pairs(hashes: NDArray[np.uint64], most: int = MOST_PAIRS) -> tuple[Pairs, NDArray[np.int64]]:
    """Pairs (m, 2) of places in ``hashes`` (n, 2) that differ in at most NEAR_BITS bits, and in how many (m,).

    Of equal hashes each is paired with the first one only, and that one stands for them all. None is missed until
    there are ``most``: of 8 bands of 16 bits, 6 differing bits leave two whole, so each two bands are a key to compare
    by. Memory is linear; time is, too, unless very many share 32 bits.
    """
    if not len(hashes):
        return np.empty((0, 2), np.int64), np.empty(0, np.int64)
    unique, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    others = np.flatnonzero(first[inverse] != np.arange(len(hashes)))[:most]
    found: dict[tuple[int, int], int] = {(int(first[inverse[place]]), int(place)): 0 for place in others}
    bands = np.ascontiguousarray(unique).view(np.uint16).reshape(len(unique), _BANDS)
    for one, two in combinations(range(_BANDS), 2):
        keys = bands[:, one].astype(np.uint32) << 16 | bands[:, two]
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[:1]] + 1))
        ends = np.append(starts[1:], len(order))
        for place in np.flatnonzero(ends - starts > 1):
            if len(found) < most:
                _compare(unique, order[starts[place] : ends[place]], first, found, most)
    pairs = sorted(found.items())[:most]
    return (
        np.array([pair for pair, _ in pairs], np.int64).reshape(-1, 2),
        np.array([bits for _, bits in pairs], np.int64),
    )


def _compare(
    unique: NDArray[np.uint64],
    members: NDArray[np.intp],
    first: NDArray[np.intp],
    found: dict[tuple[int, int], int],
    most: int,
) -> None:
    for place, member in enumerate(members[:-1]):
        rest = members[place + 1 :]
        bits = np.bitwise_count(unique[member] ^ unique[rest]).sum(axis=1)
        for near in np.flatnonzero(bits <= NEAR_BITS):
            one, two = sorted((int(first[member]), int(first[rest[near]])))
            found[one, two] = int(bits[near])
        if len(found) >= most:
            return
