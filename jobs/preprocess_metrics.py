"""Tells Ray's metrics how preprocessing goes."""

from affect.preprocessing.summary import ClipSummary
from jobs import metrics


class PreprocessMetrics:
    """Of one job that has ``clips`` to do for ``run``, its folder."""

    def __init__(self, corpus: str, run: str, clips: int) -> None:
        tags = {"corpus": corpus, "run": run}
        self._frames = metrics.instrument(metrics.FRAMES, **tags)
        self._clips = metrics.instrument(metrics.CLIPS, **tags)
        self._left = metrics.instrument(metrics.CLIPS_LEFT, **tags)
        self._set_aside = metrics.instrument(metrics.SET_ASIDE, **tags)
        self._stages = metrics.instrument(metrics.STAGE_SECONDS, **tags)
        self.left, self.set_aside = clips, 0
        self._gauges()

    def add(self, summary: ClipSummary) -> None:
        """One more clip is settled."""
        faulty = summary.set_aside is not None
        self.left -= 1
        self.set_aside += faulty
        self._clips.inc(tags={"outcome": "set aside" if faulty else "done"})
        if summary.frames:
            self._frames.inc(summary.frames)
        for stage, seconds in summary.seconds.items():
            if seconds:
                self._stages.inc(seconds, tags={"stage": stage})
        self._gauges()

    def _gauges(self) -> None:
        self._left.set(self.left)
        self._set_aside.set(self.set_aside)
