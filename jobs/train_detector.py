"""Train the papers' face detector, SSH, on WIDER FACE, on marked frames or on composed scenes, with Ray Train."""

import logging
from typing import Annotated, Any

import ray
import typer
from ray.train import ScalingConfig, TrainingFailedError
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.command_line import run_app
from affect.detection.learning import begin_detector
from affect.detection.reading import DetectionPlan, sets_of
from affect.detection.settings import DetectorConfig, WiderSettings
from affect.detection.wider_face import WiderFace
from affect.errors import AffectError
from affect.faces.ssh.files import WEIGHTS
from affect.runs import RunFolder
from jobs.faults import mendable
from jobs.recipes.detector import DETECTORS, detector_recipe
from jobs.room import scaling
from jobs.trainer import run_workers

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)


def train_detector(config: DetectorConfig, out: str, *, local: bool = False) -> dict[str, Any]:
    """One run in the folder ``out``; goes on from its last checkpoint, and returns an answer that is there already.

    ``local``: in this process (Ray Train's local mode), with nothing to go on from. Returns {"metrics": {name: value},
    "weights": URI of the trained file, ...}.
    """
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info("%s is finished; to train again give another --out", run.uri)
            return run.summary()
        try:
            answer = _fit(config, run.uri, local=local)
        except TrainingFailedError as error:
            raise mendable(error, run.uri) or error from error
        run.done(answer)
        return answer


def _fit(config: DetectorConfig, out: str, *, local: bool) -> dict[str, Any]:
    sets, validation = sets_of(config), sets_of(config, validation=True)
    for one in (*sets, *validation):
        for name, reason in one.faults() if isinstance(one, WiderFace) else ():
            logger.warning("%s: %s: %s", one.name, name, reason)
    begin_detector(config)  # tells what does not fit before the cluster is put to work
    asked = ScalingConfig(num_workers=0) if local else scaling(config.resources)
    plan = DetectionPlan.of(config, sets)
    logger.info(
        "%s: learning from %s, measured on %s; %d steps of %d pictures an epoch, %d epochs",
        config.recipe,
        ", ".join(f"{len(one)} of {one.name}" for one in sets),
        ", ".join(f"{min(len(one), config.validation_pictures)} of {one.name}" for one in validation),
        plan.steps_per_epoch,
        config.batch,
        config.epochs,
    )
    setup = {"config": config.model_dump(mode="json"), "out": out}
    answer = run_workers(_work, setup, out, config.resources, asked)
    return answer | {"weights": storage.join(out, WEIGHTS), "steps_per_epoch": plan.steps_per_epoch}


def _work(setup: dict[str, Any]) -> dict[str, Any]:
    """The function of each worker; what it needs takes seconds to load, and the controller does without."""
    from jobs.detector_worker import work  # noqa: PLC0415

    return work(setup)


@app.command()
def main(
    name: Annotated[str, typer.Argument(metavar="RECIPE", help=f"one of {', '.join(DETECTORS)}")],
    out: Annotated[str, typer.Option(help="folder of the run, a local path or s3://bucket/path")],
    wider: Annotated[
        list[str] | None, typer.Option(help="folder in the form of WIDER FACE with landmarks; may be repeated")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value, for example batch=16")] = None,
) -> None:
    """Train RECIPE into --out. The same command again goes on where an interrupted run was."""
    config = detector_recipe(name).override(set_ or [])
    landmarks = config.network.landmarks
    folders = tuple(WiderSettings(root=root, landmarks=landmarks) for root in wider or ())
    if not config.wider and not folders and config.scenes is None:
        raise AffectError(f"{name} learns from pictures: give --wider FOLDER, or --set scenes={{}} for composed scenes")
    config = config.model_copy(update={"wider": config.wider + folders})
    ray.init(log_to_driver=True, ignore_reinit_error=True)
    _show(train_detector(config, out))


def _show(answer: dict[str, Any]) -> None:
    table = Table(title="validation", title_justify="left")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for metric, value in answer["metrics"].items():
        table.add_row(metric, f"{value:.3f}")
    Console().print(table)
    Console().print(f"weights: {answer['weights']}\nuse them with --set detector.name=ssh "
                    f"--set detector.weights={answer['weights']}", soft_wrap=True)  # fmt: skip


if __name__ == "__main__":
    run_app(app)
