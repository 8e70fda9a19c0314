"""What a person can mend is found inside what Ray makes of it."""

import errno
import re

import pytest
from ray.exceptions import RayTaskError
from ray.train.v2.api.exceptions import ControllerError, WorkerGroupError

from affect.errors import AffectError
from jobs.faults import EndAtMendable, mendable

FULL = OSError(errno.ENOSPC, "No space left on device")
GONE = OSError("AWS Error NETWORK_CONNECTION")


def of_task(error: Exception) -> Exception:
    return RayTaskError("work", "the trace", error).as_instanceof_cause()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (WorkerGroupError("failed", {0: RuntimeError("lost"), 1: AffectError("crops of 32")}), "crops of 32"),
        (ControllerError(AffectError("no room")), "no room"),
        (of_task(AffectError("no such split")), "no such split"),
        (WorkerGroupError("failed", {0: FULL}), "run: no space is left .* goes on where the run was"),
        (WorkerGroupError("failed", {0: RuntimeError("lost"), 1: GONE}), "run: the storage does not answer"),
    ],
)
def test_what_can_be_mended_is_told(error: Exception, told: str) -> None:
    found = mendable(error, "run")
    assert found is not None
    assert re.match(told, str(found))
    assert "the trace" not in str(found)


def test_what_nobody_can_mend_stays_what_it_is() -> None:
    assert mendable(WorkerGroupError("failed", {0: RuntimeError("a bug")}), "run") is None


@pytest.mark.parametrize(("error", "ends"), [(AffectError("x"), True), (FULL, True), (GONE, False)])
def test_a_run_ends_at_what_would_come_again(error: Exception, ends: bool) -> None:
    def after() -> None:
        EndAtMendable().after_exception(None, {1: error})

    if ends:
        with pytest.raises(type(error)):
            after()
    else:
        after()
