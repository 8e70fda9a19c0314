"""Event files for TensorBoard, in the folder tensorboard/ of a run."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

from affect import storage
from affect.evaluation.examples import Examples
from affect.following.drawing import confusion_picture, plane_picture
from affect.metrics import FrameMetrics
from affect.training.following import Followed, Follower, Point

FOLDER = "tensorboard"

SECONDS_BETWEEN_FLUSHES = 10


class TensorBoard(Follower):
    """Writes losses, learning rate and speed by step, and what each epoch is measured by, at its last step.

    A local run's events are written where they lie. On S3 the events up to each checkpoint are a file of their
    own, which is uploaded whole. A run that goes on from a checkpoint tells TensorBoard to
    forget the steps that it takes again.
    """

    def __init__(self, followed: Followed) -> None:
        self.followed = followed
        self.folder = storage.join(followed.out, FOLDER)
        # What could not be uploaded stays here until it can.
        self._temporary = None if storage.is_local(self.folder) else tempfile.TemporaryDirectory()
        self._writer: SummaryWriter | None = None
        self._began = False

    def point(self, point: Point) -> None:
        writer = self._open(point.first, takes=True)
        scalars = {f"train/{name}": value for name, value in point.losses.items()} | {
            "train/learning_rate": point.learning_rate,
            "speed/rows_per_second": point.rows_per_s,
            "speed/data_wait_share": point.data_wait_share,
        }
        for name, value in scalars.items():
            writer.add_scalar(name, value, point.last)

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:  # noqa: ARG002
        step = epoch * self.followed.steps_per_epoch
        writer = self._open(step)
        for name, value in metrics.compute().items():
            writer.add_scalar(f"{split}/{name}", value, step)
        if metrics.confusion is not None and metrics.confusion.any():
            writer.add_image(f"{split}/confusion", confusion_picture(metrics.confusion), step, dataformats="HWC")
        if metrics.plane is not None and metrics.plane.labels.any():
            writer.add_image(f"{split}/plane", plane_picture(metrics.plane), step, dataformats="HWC")

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        step = len(history) * self.followed.steps_per_epoch
        writer = self._open(step)
        for name in ("score", "seconds", "passes_seconds", "checkpoint_seconds"):
            if name in history[-1]:
                writer.add_scalar(f"epoch/{name}", history[-1][name], step)
        if self._temporary is None:
            writer.flush()

    def checkpoint(self, seconds: float) -> None:  # noqa: ARG002
        if self._temporary is not None:
            self._upload()

    def close(self) -> None:
        self._upload()
        if self._temporary is not None:
            self._temporary.cleanup()

    def _open(self, step: int, *, takes: bool = False) -> SummaryWriter:
        """The writer; a new one begins at ``step``, which ``takes`` says is being taken, perhaps again."""
        if self._writer is not None:
            return self._writer
        before = self._began or bool(storage.list_files(self.folder))
        self._writer = SummaryWriter(
            self.folder if self._temporary is None else self._temporary.name,
            purge_step=step if takes and before and not self._began else None,
            max_queue=1000,
            flush_secs=SECONDS_BETWEEN_FLUSHES,
            filename_suffix=f".{step}",  # the name has whole seconds only
        )
        if not before:
            self._writer.add_text("config", f"```yaml\n{self.followed.config.to_yaml()}```", 0)
        self._began = True
        return self._writer

    def _upload(self) -> None:
        """End the writer's file; the next event begins another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._temporary is not None:
            for file in sorted(Path(self._temporary.name).iterdir()):
                storage.write_bytes(storage.join(self.folder, file.name), file.read_bytes())
                file.unlink()
