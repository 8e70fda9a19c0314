"""Memory that a process holds for itself, told from what it shares with others."""

import mmap

import numpy as np

from affect.training.memory import private_mib

SIZE = 64 * 2**20


def test_what_is_shared_with_others_does_not_count() -> None:
    before = private_mib()
    with mmap.mmap(-1, SIZE) as shared:  # as an object store's pages are
        shared.write(b"1" * SIZE)
        assert private_mib() - before < 16
        held = np.ones(SIZE, np.uint8)
        assert private_mib() - before > 48
        del held
