"""What a process holds in memory for itself."""

import os
import resource
from pathlib import Path

_PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20
_STATM = Path("/proc/self/statm")


def private_mib() -> float:
    """MiB of memory that no other process shares, now.

    Pages of Ray's object store count for every process that has read from them, so what is resident in all grows until
    all of the store has been used once. Where the system does not tell them apart: the most that has been resident.
    """
    try:
        _, resident, shared, *_ = map(int, _STATM.read_text().split())
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (resident - shared) * _PAGE_MIB
