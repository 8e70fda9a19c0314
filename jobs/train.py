"""Train a network of the papers on pre-processed rows, with Ray Train fed by Ray Data."""

import logging
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import ray
import typer
from ray.train import ScalingConfig, TrainingFailedError, UserCallback
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.following.mlflow import begin_mlflow_run, end_mlflow_run
from affect.models.files import load_description
from affect.reports.chain_report import write_chain_report
from affect.reports.run_folder import write_run_report
from affect.runs import RunFolder
from affect.training.beginning import begin
from affect.training.history import read_history
from affect.training.indexes import Indexes, indexes_of, read_indexes
from affect.training.plan import TrainPlan
from affect.training.reading import Course
from affect.training.settings import Chain, TrainConfig
from affect.training.windows import items_in
from jobs.dry_run import show_examination
from jobs.faults import mendable
from jobs.recipe_list import show_recipes
from jobs.recipes import recipe
from jobs.room import scaling
from jobs.trainer import run_workers

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)


def plan_course(config: TrainConfig, indexes: Indexes | None = None) -> Course:
    """Lay out every step of the run from ``indexes``, or from the label columns of the data, which it then reads."""
    indexes = indexes or read_indexes(config)
    heads = config.network.heads
    plan = TrainPlan(items_in(config, indexes.train), config.batch, config.seed, config.objective.inferred)
    plan.check_shares(config.resources.workers, config.compute.parts)
    validation = items_in(config, indexes.validation)
    if not any(len(rows) for rows in validation.sets.values()):
        raise AffectError(f"no validation row is annotated with {' or '.join(heads)}; give --data that has some")
    test = items_in(config, indexes.test) if indexes.test is not None else None
    if test is not None and not any(len(rows) for rows in test.sets.values()):
        test = None  # given out without labels, as Aff-Wild2's is
    centre_rows = config.centre_rows if config.network.arcface and "expression" in heads else None
    return Course(plan, validation, test, config.epochs, centre_rows, passes_again=config.keep == "best")


def fit(
    config: TrainConfig,
    out: str,
    callbacks: Sequence[UserCallback] = (),
    *,
    known: Iterable[Indexes] = (),
    local: bool = False,
) -> dict[str, Any]:
    """One Ray Train run in the folder ``out``; goes on from its last checkpoint when there is one.

    ``known``: label columns that were read already, and are not read again where they are this run's.
    ``local``: in this process (Ray Train's local mode), with nothing to go on from, for many short runs.

    Returns {"metrics": {split: {name: value}}, "confusion": {split: 7 x 7}, "model": URI of the model's folder, ...}.
    """
    config = config.model_copy(update={"data": tuple(storage.absolute(folder) for folder in config.data)})
    out = storage.absolute(out)
    indexes = indexes_of(config, known) or read_indexes(config)
    config = indexes.named(config)
    if config.pretrained or config.start or config.frozen:
        begin(config)  # tells what does not fit before the cluster is put to work
    course = plan_course(config, indexes)
    asked = ScalingConfig(num_workers=0) if local else scaling(config.resources)
    begin_mlflow_run(config, out)  # once nothing stands in the run's way
    logger.info(
        "%s: training %s %s; batches %s, %d steps an epoch, %d epochs",
        config.recipe,
        "sequences" if config.network.sequential else "rows",
        ", ".join(f"{head} {len(rows)}" for head, rows in course.train.sets.items()),
        course.train.sizes,
        course.train.steps_per_epoch,
        config.epochs,
    )
    setup = {"config": config.model_dump(mode="json"), "course": ray.put(course), "out": out}
    answer = run_workers(_work, setup, out, config.resources, asked, callbacks)
    return answer | {"model": storage.join(out, "model"), "steps_per_epoch": course.train.steps_per_epoch}


def _work(setup: dict[str, Any]) -> dict[str, Any]:
    """The function of each worker; what it needs takes seconds to load, and the driver and controller do without."""
    from jobs.training_worker import work  # noqa: PLC0415

    return work(setup)


@app.command()
def main(
    name: Annotated[str, typer.Argument(metavar="RECIPE", help="a recipe's name; see --list")] = "",
    out: Annotated[str, typer.Option(help="folder of the run, a local path or s3://bucket/path")] = "",
    data: Annotated[list[str] | None, typer.Option(help="folder written by jobs.preprocess; may be repeated")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, as optimiser.learning_rate=1e-3: docs/training.md")
    ] = None,
    small: Annotated[bool, typer.Option(help="narrow, for the sample corpus on two cores")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="show the recipes, those with RECIPE in a line, and end")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="check everything, say what the run needs, and end")] = False,
) -> None:
    """Train RECIPE on --data into --out. The same command again goes on where an interrupted run was."""
    if list_:
        show_recipes(name)
        return
    if not name or not (out or dry_run):
        raise AffectError("name a recipe and --out; python -m jobs.train --list shows the recipes")
    config = with_data(recipe(name, small=small).override(set_ or []), data or [])
    if dry_run:
        show_examination(config, lambda one: scaling(one.resources))
        return
    ray.init(log_to_driver=True, ignore_reinit_error=True)
    _show(train_once(config, out) if isinstance(config, TrainConfig) else train_chain(config, out))


def with_data(config: TrainConfig | Chain, folders: Sequence[str]) -> TrainConfig | Chain:
    """``config`` on the rows in ``folders``; a stage that has rows of its own keeps them."""
    places = tuple(storage.absolute(folder) for folder in folders)
    if isinstance(config, TrainConfig):
        return config.model_copy(update={"data": places or config.data})
    stages = {stage: one.model_copy(update={"data": one.data or places}) for stage, one in config.stages.items()}
    return config.model_copy(update={"stages": stages})


def train_once(
    config: TrainConfig,
    out: str,
    callbacks: Sequence[UserCallback] = (),
    *,
    known: Iterable[Indexes] = (),
    local: bool = False,
) -> dict[str, Any]:
    """``fit`` in a run folder with log and report; an answer that is there already is returned."""
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info(
                "%s is finished. Give another --out to train again; to train on from it also "
                "--set 'start=[{model: %s, parts: [streams, heads]}]'",
                run.uri,
                run.uri,
            )
            return run.summary()
        try:
            answer = fit(config, run.uri, callbacks, known=known, local=local)
        except TrainingFailedError as error:
            end_mlflow_run(config, run.uri, well=False)
            raise mendable(error, run.uri) or error from error
        leave_report(config, run.uri, answer)
        run.done(answer)
        return answer


def train_chain(
    chain: Chain,
    out: str,
    callbacks: Sequence[UserCallback] = (),
    *,
    known: Iterable[Indexes] = (),
    local: bool = False,
) -> dict[str, Any]:
    """The stages of ``chain`` in order, each in a run folder of its own below ``out``.

    Finished ones are not run again, nor those whose models are given. ``callbacks`` are of the last.

    Returns the last stage's answer.
    """
    with RunFolder(out, chain) as run:
        if run.finished:
            logger.info("%s is finished; to train again give another --out", run.uri)
            return run.summary()
        answer: dict[str, Any] = {}
        for number, name in enumerate(chain.stages, start=1):
            if name in chain.given:
                logger.info("stage %d of %d: %s is given by %s", number, len(chain.stages), name, chain.given[name])
                continue
            logger.info("stage %d of %d: %s", number, len(chain.stages), name)
            write_chain_report(chain, run.uri, "running")
            try:
                of_last = callbacks if number == len(chain.stages) else ()
                started = chain.started(name, run.file)
                answer = train_once(started, run.file(name), of_last, known=known, local=local)
            except BaseException:
                write_chain_report(chain, run.uri, "stopped")
                raise
        write_chain_report(chain, run.uri, "finished")
        run.done(answer)
        return answer


def leave_report(config: TrainConfig, out: str, answer: dict[str, Any]) -> None:
    """Write the report of a run that ended well, and hand its files over to MLflow where it is recorded there."""
    out = storage.absolute(out)
    last = "test" if "test" in answer["metrics"] else "validation"
    description = load_description(answer["model"])
    history = read_history(out)
    write_run_report(
        config,
        out,
        [(source.corpus, source.fingerprint, source.synthetic) for source in description.data],
        "finished",
        metrics={last: answer["metrics"][last]} | answer["metrics"],
        facts={"Workers": str(answer["workers"]), "Training": f"{history['seconds'].sum() / 60:.1f} min"},
        commands={"Promote": f"python -m jobs.promote {out} --name NAME --store STORE"},
    )
    end_mlflow_run(config, out)


def _show(answer: dict[str, Any]) -> None:
    splits = answer["metrics"]
    table = Table(title="metrics", title_justify="left")
    table.add_column("metric")
    for split in splits:
        table.add_column(split, justify="right")
    for metric in next(iter(splits.values())):
        table.add_row(metric, *(f"{values.get(metric, float('nan')):.3f}" for values in splits.values()))
    Console().print(table)
    Console().print(f"model: {answer['model']}", soft_wrap=True)


if __name__ == "__main__":
    run_app(app)
