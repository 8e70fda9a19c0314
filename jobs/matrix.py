"""Run every recipe's small preset for a few steps: ``python -m jobs.matrix --data ROWS --out URI``.

Each run is Ray Train's local mode in a task, a few tasks at a time: a group of workers for each would cost ten to
twenty seconds of CPU, several hundred times. Plan, reading, learning, measuring, model file and report are those of
any run; what several workers add is tested elsewhere.
"""

import json
import logging
import os
import tempfile
import time
import traceback
from typing import Annotated

import ray
import torch
import typer

from affect import storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.reports.recipe_matrix import Outcome, put_into, table
from affect.training.following import Followed, Follower, StepFacts
from affect.training.settings import Chain, TrainConfig
from jobs import followers
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.recipes.sample import replaced
from jobs.train import train_chain, train_once, with_data

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)

ROWS = 24
"""Of a step; of sequences ROWS / 4 of them."""

LENGTH = 10


class _Losses(Follower):
    """The loss of each step, stage after stage."""

    def __init__(self) -> None:
        self.stages: list[list[torch.Tensor]] = []

    def step(self, facts: StepFacts) -> None:
        if facts.number == 1:
            self.stages.append([])
        self.stages[-1].append(facts.losses["loss"])


def shortened(config: TrainConfig | Chain, steps: int) -> TrainConfig | Chain:
    """``config`` with one epoch of about ``steps`` small steps in each stage, on one worker."""
    if isinstance(config, Chain):
        stages = {name: shortened(one, steps) for name, one in config.stages.items()}
        return config.model_copy(update={"stages": stages})
    changes = {"size": ROWS, "rows_per_epoch": steps * ROWS}
    if config.network.sequential:
        changes = {"size": ROWS // 4, "length": LENGTH, "rows_per_epoch": steps * ROWS // 4 * LENGTH}
    batch = config.batch.model_copy(update=changes)
    resources = config.resources.model_copy(update={"workers": 1})
    return config.model_copy(update={"batch": batch, "epochs": 1, "centre_rows": 64, "resources": resources})


def attempt(name: str, folders: list[str], steps: int) -> Outcome:
    """Run the small preset of a recipe in a scratch folder; a failure is told in the outcome, not raised."""
    whole = recipe(name)
    stages = list(whole.stages.values()) if isinstance(whole, Chain) else [whole]
    told = tuple(dict.fromkeys(one for stage in stages for one in replaced(stage)))
    losses = _Losses()

    def listen(_: Followed) -> Follower:
        return losses

    followers.FOLLOWERS.append(listen)
    began = time.monotonic()
    failure, score = "", None
    try:
        config = with_data(shortened(recipe(name, small=True), steps), folders)
        with tempfile.TemporaryDirectory() as scratch:
            if isinstance(config, Chain):
                answer = train_chain(config, scratch, local=True)
            else:
                answer = train_once(config, scratch, local=True)
            score = answer["metrics"]["validation"]["score"]
    except AffectError as error:
        failure = str(error)
    except Exception:  # noqa: BLE001  # whatever it is, the other recipes go on
        failure = traceback.format_exc()
    finally:
        followers.FOLLOWERS.remove(listen)
    last = losses.stages[-1] if losses.stages else []
    return Outcome(
        recipe=name,
        ran=not failure,
        stages=len(stages),
        steps=sum(map(len, losses.stages)),
        seconds=round(time.monotonic() - began, 2),
        loss_first=float(last[0]) if last else None,
        loss_last=float(last[-1]) if last else None,
        score=score,
        replaced=told,
        failure=failure,
    )


def _attempt_quietly(name: str, folders: list[str], steps: int) -> str:
    for noisy in ("affect", "ray", "ray.data", "ray.train"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    torch.set_num_threads(1)
    return attempt(name, folders, steps).model_dump_json()


@app.command()
def main(
    data: Annotated[list[str], typer.Option(help="rows of the sample corpus, in both its forms; may be repeated")],
    out: Annotated[str, typer.Option(help="folder of the results; what ran there is not run again")],
    only: Annotated[str, typer.Option(help="recipes with this in their name")] = "",
    steps: Annotated[int, typer.Option(help="training steps of each stage", min=1)] = 4,
    at_a_time: Annotated[int, typer.Option(help="recipes that run side by side", min=1)] = 2,
    page: Annotated[str, typer.Option(help="a page whose table to renew, such as docs/recipes.md")] = "",
) -> None:
    """Run the small preset of every recipe, a row of results each, in one Ray session."""
    out = storage.absolute(out)
    names = [name for name in TRAIN_RECIPES if only in name]
    if not names:
        raise AffectError(f"no recipe has {only!r} in its name; python -m jobs.train --list shows them")
    outcomes = {name: kept for name in names if (kept := _kept(out, name)) is not None}
    left = [name for name in names if name not in outcomes]
    logger.info("%d recipes to run, %d ran before", len(left), len(outcomes))
    if left and not ray.is_initialized():
        # Of a cluster of its own: one CPU for each task, one for what reads beside it.
        own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": 2 * at_a_time, "include_dashboard": False}
        ray.init(log_to_driver=False, **own)
    outcomes |= _run(left, [storage.absolute(folder) for folder in data], out, steps, at_a_time)
    ordered = [outcomes[name] for name in names]
    storage.write_text(storage.join(out, "matrix.json"), json.dumps([one.model_dump() for one in ordered], indent=1))
    ran = sum(one.ran for one in ordered)
    seconds = sum(one.seconds for one in ordered)
    heading = (
        f"{ran} of {len(ordered)} ran, {sum(one.stages for one in ordered)} training runs, {seconds:.0f} s in all."
    )
    if page:
        storage.write_text(page, put_into(storage.read_text(page), table(ordered, heading)))
    logger.info("%s", heading)
    for one in ordered:
        if not one.ran:
            logger.error("%s: %s", one.recipe, one.failure)
    if ran < len(ordered):
        raise AffectError(f"{len(ordered) - ran} recipes did not run; {out}/matrix.json has the reasons")


def _run(left: list[str], folders: list[str], out: str, steps: int, at_a_time: int) -> dict[str, Outcome]:
    task = ray.remote(num_cpus=0, max_retries=0)(_attempt_quietly)
    waiting, outcomes = list(left), dict[str, Outcome]()
    running: dict[ray.ObjectRef, str] = {}
    while waiting or running:
        while waiting and len(running) < at_a_time:
            name = waiting.pop(0)
            running[task.remote(name, folders, steps)] = name
        (ready,), _ = ray.wait(list(running))
        name = running.pop(ready)
        try:
            outcome = Outcome.parse(json.loads(ray.get(ready)))
        except ray.exceptions.RayError as error:
            outcome = Outcome(recipe=name, ran=False, failure=str(error))
        storage.write_text(_place(out, name), outcome.model_dump_json(indent=1))
        outcomes[name] = outcome
        logger.info("%d/%d %s: %s", len(outcomes), len(left), name,
                    f"{outcome.steps} steps in {outcome.seconds:.1f} s" if outcome.ran else "FAILED")  # fmt: skip
    return outcomes


def _place(out: str, name: str) -> str:
    return storage.join(out, "outcomes", f"{name.replace('/', '__')}.json")


def _kept(out: str, name: str) -> Outcome | None:
    """What became of a recipe before, if it ran."""
    place = _place(out, name)
    outcome = Outcome.parse(json.loads(storage.read_text(place))) if storage.exists(place) else None
    return outcome if outcome is not None and outcome.ran else None


if __name__ == "__main__":
    run_app(app)
