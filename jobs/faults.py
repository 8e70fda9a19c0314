"""Faults of a distributed run, told as what a person can mend."""

import errno
from collections.abc import Iterator
from typing import Any

from ray.train import UserCallback

from affect.errors import AffectError


class EndAtMendable(UserCallback):
    """Ends a training run at a fault that comes again however often the workers are started anew."""

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:  # noqa: ARG002
        """Called with each failed worker's exception; what it raises ends the run."""
        for error in worker_exceptions.values():
            for cause in causes(error):
                if isinstance(cause, AffectError) or getattr(cause, "errno", None) == errno.ENOSPC:
                    raise cause


def mendable(error: BaseException, out: str) -> AffectError | None:
    """What a person can mend of a run in the folder ``out`` that ended with ``error``, if that is why it did."""
    found = list(causes(error))
    for cause in found:
        if isinstance(cause, AffectError):
            # What Ray makes of an exception of a task has the trace in its text.
            return AffectError(str(cause.args[0]) if cause.args else str(cause))
    for cause in found:
        if isinstance(cause, OSError):
            what = "no space is left" if cause.errno == errno.ENOSPC else "the storage does not answer as it should"
            return AffectError(f"{out}: {what} ({cause}); mend that, and the same command goes on where the run was")
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """``error`` and all that lies behind it: what workers and controller raised, and what that came from."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        waiting += getattr(one, "worker_failures", {}).values()
        waiting += [getattr(one, name, None) for name in ("controller_failure", "cause", "_base_exc")]
        waiting += [one.__cause__]
