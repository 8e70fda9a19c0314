import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from affect.checking.near import NEAR_BITS, near_pairs


def flipped(value: NDArray[np.uint64], bits: list[int]) -> NDArray[np.uint64]:
    changed = value.copy()
    for bit in bits:
        changed[bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return changed


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.lists(st.integers(0, 127), max_size=9, unique=True), max_size=12),
)
def test_every_near_pair_is_found_and_no_other(seed: int, changes: list[list[int]]) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**63, (3, 2), np.uint64)
    hashes = np.array([*base, *(flipped(base[place % 3], bits) for place, bits in enumerate(changes))])
    pairs, bits = near_pairs(hashes)
    rows = [tuple(row) for row in hashes.tolist()]
    expected = {}
    for two, row in enumerate(rows):
        if row in rows[:two]:
            expected[rows.index(row), two] = 0  # of equal ones the first stands for all
            continue
        for one in range(two):
            apart = int(np.bitwise_count(hashes[one] ^ hashes[two]).sum())
            if rows[one] not in rows[:one] and apart <= NEAR_BITS:
                expected[one, two] = apart
    assert dict(zip(map(tuple, pairs.tolist()), bits.tolist(), strict=True)) == expected


def test_nothing_is_near_nothing() -> None:
    pairs, bits = near_pairs(np.empty((0, 2), np.uint64))
    assert pairs.shape == (0, 2)
    assert bits.shape == (0,)


def test_the_search_ends_where_there_are_too_many() -> None:
    one = np.array([5, 6], np.uint64)
    hashes = np.array([flipped(one, [bit]) for bit in range(60)] + [one] * 60)
    pairs, _ = near_pairs(hashes, most=100)
    assert len(pairs) == 100
    assert len(near_pairs(hashes)[0]) == 60 * 59 // 2 + 60 + 59


def test_many_pictures_take_seconds() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**63, (200_000, 2), np.uint64)
    hashes[-1] = flipped(hashes[0], [0, 17, 34, 51, 68, 85])
    pairs, bits = near_pairs(hashes)
    assert pairs.tolist() == [[0, 199_999]]
    assert bits.tolist() == [6]
