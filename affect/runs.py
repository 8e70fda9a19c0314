"""The folder of a run: its configuration, log, metrics, outputs and the mark that it is done.

``config.yaml`` is written first, ``DONE`` last, so a folder without ``DONE`` is a run to go on with.
"""

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from affect import storage
from affect.configuration import Configuration, differences
from affect.errors import AffectError

logger = logging.getLogger("affect")

CONFIG = "config.yaml"
LOG = "log.txt"
REPORT = "report.html"
DONE = "DONE"

KEPT_EVERY_S = 20.0
"""A log is written whole each time: object stores append nothing."""


def finished(uri: str) -> bool:
    """Whether the run in the folder ``uri`` ended well."""
    return storage.exists(storage.join(uri, DONE))


def summary(uri: str) -> dict[str, Any]:
    """What the finished run in the folder ``uri`` says that it did."""
    told: dict[str, Any] = json.loads(storage.read_text(storage.join(uri, DONE)))
    return told


class RunFolder:
    """Use as ``with RunFolder(uri, config) as run:``; what is logged inside is kept in the folder's log.txt.

    Raises AffectError when the folder holds a run of another configuration. ``run.finished`` tells that an earlier run
    of the same configuration already ended well.
    """

    def __init__(self, uri: str, config: Configuration) -> None:
        self.uri = storage.absolute(uri)
        self.config = config
        path = self.file(CONFIG)
        if storage.exists(path):
            lines = differences(type(config).from_yaml(storage.read_text(path)), config)
            changed = [line for line in lines if config.changeable.isdisjoint(line.partition(":")[0].split("."))]
            if changed:
                raise AffectError(
                    f"{self.uri} holds a run with other settings:\n  " + "\n  ".join(changed) + "\n"
                    "give another --out, or repeat it with the settings of its config.yaml"
                )
            if lines and not self.finished:
                logger.info("%s goes on with other settings:\n  %s", self.uri, "\n  ".join(lines))
                storage.write_text(path, config.to_yaml())
        else:
            storage.write_text(path, config.to_yaml())
        self._handler: logging.Handler | None = None
        self._lines: list[str] = []

    def file(self, *parts: str) -> str:
        return storage.join(self.uri, *parts)

    @property
    def finished(self) -> bool:
        return finished(self.uri)

    def done(self, summary: dict[str, Any]) -> None:
        """Mark the run as ended well, with what it did."""
        storage.write_text(self.file(DONE), json.dumps(summary, indent=2) + "\n")

    def summary(self) -> dict[str, Any]:
        """What ``done`` was given."""
        return summary(self.uri)

    def __enter__(self) -> Self:
        path = self.file(LOG)
        self._lines = storage.read_text(path).splitlines() if storage.exists(path) else []
        self._handler = _Lines(self._lines, self._keep_log)
        logger.addHandler(self._handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            logger.error("ended by %s: %s", type(error).__name__, error)
        assert self._handler is not None
        logger.removeHandler(self._handler)
        try:
            self._keep_log()
        except OSError as fault:
            if error is None:
                raise
            # The storage may be why the run ended: that is the error to show.
            logger.warning("the log of %s could not be kept: %s", self.uri, fault)

    def _keep_log(self) -> None:
        storage.write_text(self.file(LOG), "\n".join(self._lines) + "\n")


class _Lines(logging.Handler):
    """Adds lines; keeps them where the last time was KEPT_EVERY_S ago, so that a killed run leaves its log too."""

    def __init__(self, lines: list[str], keep: Callable[[], None]) -> None:
        super().__init__()
        self.lines, self.keep, self.kept = lines, keep, -math.inf
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%SZ"))
        self.formatter.converter = time.gmtime  # type: ignore[union-attr]

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        if time.monotonic() - self.kept >= KEPT_EVERY_S:
            self.kept = time.monotonic()
            with contextlib.suppress(OSError):  # at the end it is tried again, and told
                self.keep()
