"""The runs behind the figures of jobs.reproduce: each in a folder of its own, done once, set aside where it fails."""

import json
import logging
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import ray

from affect import storage
from affect.errors import AffectError
from affect.evaluation.joining import join
from affect.evaluation.measures import METRICS
from affect.evaluation.settings import EvaluationConfig
from affect.reproduction.route import Measurement, Route, Training
from affect.runs import finished
from affect.training.plan import TrainPlan
from affect.training.windows import items_of
from jobs.evaluate import evaluate
from jobs.train import train_once

logger = logging.getLogger("affect")


class Runs:
    """What is done, has failed, and is still to be run below ``out``."""

    def __init__(self, out: str, *, local: bool = False) -> None:
        self.out, self.local = out, local
        self.attempted: dict[str, bool] = {}
        """By folder whether a run came to its end in this process: what failed is not tried twice in it."""

    def left(self, route: Route) -> list[str]:
        """Folders of a route's runs that are not finished."""
        runs = [one.uri for one in route.trainings] + [one.uri for one in route.measurements]
        return [uri for uri in [*runs, *filter(None, [route.joined])] if not finished(uri)]

    def run(self, route: Route) -> bool:
        """Do what is left of a route, up to what fails; whether all of it is done."""
        steps: list[tuple[str, Callable[[], object]]] = [
            *((one.uri, lambda one=one: train_once(one.config, one.uri, local=self.local)) for one in route.trainings),
            *((one.uri, lambda one=one: measure(one)) for one in route.measurements),
        ]
        if route.joined:
            steps.append((route.joined, lambda: join([one.uri for one in route.measurements], route.joined)))
        return all(self._do(uri, step) for uri, step in steps)

    def _do(self, uri: str, step: Callable[[], object]) -> bool:
        if finished(uri):
            return True
        if uri not in self.attempted:
            self.attempted[uri] = False
            try:
                step()
            except AffectError as error:
                self._set_aside(uri, str(error))
            except Exception as error:  # noqa: BLE001  # whatever it is, the other figures go on
                logger.debug("%s", traceback.format_exc())
                self._set_aside(uri, f"{type(error).__name__}: {error}")
            else:
                self.attempted[uri] = True
        return self.attempted[uri]

    def _set_aside(self, uri: str, reason: str) -> None:
        logger.error("%s is set aside: %s", uri, reason)
        storage.write_text(self._place(uri), reason + "\n")

    def failure(self, route: Route) -> str:
        """Why a run of the route that is not finished failed when it was tried last; nothing where it was not."""
        told = [
            storage.read_text(place).strip() for uri in self.left(route) if storage.exists(place := self._place(uri))
        ]
        return "; ".join(told)

    def _place(self, uri: str) -> str:
        return storage.join(self.out, "set-aside", f"{uri.rsplit('/', 1)[-1]}.txt")


def metrics_of(route: Route) -> dict[str, Any] | None:
    """metrics.json of a route that is done."""
    if not finished(route.uri):
        return None
    metrics: dict[str, Any] = json.loads(storage.read_text(storage.join(route.uri, METRICS)))
    return metrics


def measure(one: Measurement) -> dict[str, Any]:
    """The evaluation of a training's model."""
    asked = {
        "model": storage.join(one.training.uri, "model"),
        "data": one.data,
        "split": one.split,
        "corpus": one.corpus,
    }
    return evaluate(EvaluationConfig.parse(asked | ({"zero_shot": one.zero_shot} if one.zero_shot else {})), one.uri)


def commands(route: Route, of_training: Callable[[Training], str]) -> tuple[str, ...]:
    """What gives a route's figure without jobs.reproduce, in order."""
    lines = [of_training(one) for one in route.trainings]
    for one in route.measurements:
        data = " ".join(f"--data {folder}" for folder in one.data)
        extra = f" --set zero_shot={one.zero_shot}" if one.zero_shot else ""
        lines.append(
            f"python -m jobs.evaluate {one.training.uri} {data} --corpus {one.corpus} --split {one.split}{extra} "
            f"--out {one.uri}"
        )
    if route.joined:
        lines.append(
            f"python -m jobs.evaluate {' '.join(one.uri for one in route.measurements)} --join --out {route.joined}"
        )
    return tuple(lines)


def steps_of(training: Training) -> str:
    """How many steps a training takes; of what its plan refuses, the reason."""
    try:
        config = training.config
        steps = (
            TrainPlan(items_of(config, "train"), config.batch, config.seed, config.objective.inferred).steps_per_epoch
            * config.epochs
        )
    except AffectError as error:
        return f"none: {error}"
    return f"{steps:,}"


def in_order(routes: Sequence[Route]) -> list[Training]:
    """The trainings of all routes, each once."""
    return list({one.uri: one for route in routes for one in route.trainings}.values())


def run_all(wanted: Sequence[Route], runs: Runs, tell: Callable[[], object]) -> None:
    """Do what is left of each route, the pages renewed after each."""
    left = [route for route in wanted if runs.left(route)]
    logger.info("%d ways to figures, %d of them done before", len(wanted), len(wanted) - len(left))
    if left and not ray.is_initialized():
        ray.init(log_to_driver=True)
    for number, route in enumerate(left, start=1):
        logger.info("%d of %d: %s", number, len(left), route.uri.rsplit("/", 1)[-1])
        runs.run(route)
        tell()
