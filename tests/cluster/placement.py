"""A job that tells where Ray puts the workers and the reading of a training run, in place of the training.

``python -m tests.cluster.placement OUT ROWS key=value ...`` takes settings as a run does. Each worker writes what it
was given as a JSON file below OUT/workers and, given ROWS, reads the run's steps; each read task writes one below
OUT/reads.
"""

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray
from ray import train
from ray.train.v2.api.data_parallel_trainer import DataParallelTrainer

from affect.training.reading import Course, Read
from affect.training.settings import TrainConfig
from jobs.recipes import recipe
from jobs.room import scaling
from jobs.train import plan_course
from jobs.training_steps import stream_steps


def tell(folder: Path, facts: dict[str, Any]) -> None:
    context = ray.get_runtime_context()
    given = {
        "node": context.get_node_id(),
        "gpus": context.get_accelerator_ids()["GPU"],
        "resources": context.get_assigned_resources(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{uuid.uuid4().hex}.json").write_text(json.dumps(facts | given))


class ToldCourse:
    """A course whose read tasks tell where they ran and take a while."""

    def __init__(self, course: Course, folder: Path) -> None:
        self.course, self.folder = course, folder

    def reads(self, *place: int) -> list[Read]:
        return self.course.reads(*place)

    def read(self, what: Read, rank: int, world: int, *how: Any) -> pa.Table:
        began = time.time()
        table = self.course.read(what, rank, world, *how)
        time.sleep(0.5)
        tell(self.folder, {"rank": rank, "began": began, "ended": time.time()})
        return table


def work(setup: dict[str, Any]) -> None:
    context = train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    tell(setup["out"] / "workers", {"rank": rank, "world": world})
    if setup["course"] is not None:
        for _ in stream_steps(setup["course"], setup["config"], rank, world, 0, 0):
            pass


def main(out: Path, rows: str, changes: list[str]) -> None:
    config: TrainConfig = recipe("sample/mt-vgg").override(changes)
    config = config.model_copy(update={"data": (rows,) if rows else ()})
    ray.init()
    course = ray.put(ToldCourse(plan_course(config), out / "reads")) if rows else None
    DataParallelTrainer(
        work,
        train_loop_config={"out": out, "config": config, "course": course},
        scaling_config=scaling(config.resources),
        run_config=train.RunConfig(name="run", storage_path=str(out)),
    ).fit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
