"""An export that goes on while its owner looks on: one at a time, on a thread of its own."""

import logging
import threading
from typing import Any

from affect.annotation.recording.export import CORPUS, TRACES, export_labels, export_traces
from affect.annotation.recording.review import Review
from affect.errors import AffectError

logger = logging.getLogger("affect.annotation")


class Exporting:
    """Exports below the project's own folder; what is there already and still fits is not made again."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self._lock = threading.Lock()
        self._state: dict[str, Any] = {"running": False}

    def state(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._state)

    def begin(self, *, verified: bool) -> dict[str, Any]:
        """Begin one, unless one is running; returns the state."""
        with self._lock:
            if not self._state["running"]:
                self._state = {"running": True, "done": 0, "of": 0}
                threading.Thread(target=self._run, args=(verified,), daemon=True).start()
            return dict(self._state)

    def _run(self, verified: bool) -> None:
        project = self.review.project
        traces, corpus = project.file("export", TRACES), project.file("export", CORPUS)
        try:
            files = export_traces(self.review, traces, verified=verified)
            made = export_labels(self.review, traces, corpus, self.review.settings, self._tell)
            self._end({"files": files, "traces": traces, "corpus": corpus} | made)
        except AffectError as error:
            self._end({"fault": str(error)})
        except Exception:
            logger.exception("the export failed")
            self._end({"fault": "the export failed; the server's log says why"})

    def _tell(self, done: int, of: int) -> None:
        with self._lock:
            self._state |= {"done": done, "of": of}

    def _end(self, result: dict[str, Any]) -> None:
        with self._lock:
            self._state = {"running": False} | result
