"""Which point of the space Tune tries next, and when no more are tried."""

import json
import logging
import time
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from ray.tune.search import Searcher

from affect.tuning.proposing import propose, seed_of
from affect.tuning.record import begun_sweep
from affect.tuning.results import Trial
from affect.tuning.settings import SweepConfig
from affect.tuning.trials import ROWS
from jobs.tuning_trial import EPOCHS

logger = logging.getLogger("affect")


class Search(Searcher):
    """Gives Tune the points of a sweep in turn, numbered, until all are given or a budget is used up.

    Its state lies in Tune's folder. Trials that began after the last time it was saved are in the sweep's record: they
    are given again as they were, and go on in their folders.
    """

    def __init__(self, config: SweepConfig, uri: str) -> None:
        super().__init__(metric=config.metric, mode=config.mode)
        self.config, self.uri = config, uri
        self._trials: dict[str, Trial] = {}
        """By Tune's id, in the order of their numbers."""
        self._seconds = 0.0
        self._began = time.monotonic()
        self._begin()

    def _begin(self) -> None:
        self._points = self.config.points()
        begun = begun_sweep(self.uri)
        self._known = {trial.id: trial.parameters for trial in begun.trials} if begun else {}
        self._told = False
        self._began = time.monotonic()

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        """The next point, as trial_name and run_trial take it; FINISHED when there is none."""
        number = len(self._trials)
        if number >= self.config.planned:
            return str(self.FINISHED)
        budget = self.config.used_up(self._elapsed(), self._rows())
        if budget:
            if not self._told:
                logger.info("%s is used up: no new trial begins, those that run go on to their end", budget)
            self._told = True
            return str(self.FINISHED)
        name = f"{number:03d}"
        if name in self._known:
            parameters = self._known[name]
        elif self._points is not None:
            parameters = self._points[number]
        else:
            trials, config = list(self._trials.values()), self.config
            parameters = propose(config.space, trials, config.metric, config.mode, seed_of(config.seed, number))
        self._trials[trial_id] = Trial(name, dict(parameters), status="running")
        return {"point": {"name": name, "parameters": parameters}}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        if trial_id in self._trials:
            report = {"epoch": result[EPOCHS], self.metric: result[self.metric], ROWS: result.get(ROWS, 0)}
            self._trials[trial_id].record(report)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        trial = self._trials.get(trial_id)
        if trial is None:
            return
        if result is not None and not error:
            self.on_trial_result(trial_id, result)
        if error:
            trial.status = "failed"
        elif result is not None and "model" in result:
            trial.status, trial.result = "finished", float(result[self.metric])
        else:
            trial.status = "stopped early"

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._began

    def _rows(self) -> int:
        return sum(int(row.get(ROWS, 0)) for trial in self._trials.values() for row in trial.curve)

    def save(self, checkpoint_path: str) -> None:
        state = {"seconds": self._elapsed(), "trials": _TRIALS.dump_python(self._trials, mode="json")}
        Path(checkpoint_path).write_text(json.dumps(state), encoding="utf-8")

    def restore(self, checkpoint_path: str) -> None:
        state = json.loads(Path(checkpoint_path).read_text(encoding="utf-8"))
        self._seconds, self._trials = state["seconds"], _TRIALS.validate_python(state["trials"])
        self._begin()


_TRIALS = TypeAdapter(dict[str, Trial])
