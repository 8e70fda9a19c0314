"""Search for hyperparameters with Ray Tune: many training runs, ASHA, a report, a winner.

RECIPE is a sweep or any training recipe, which is searched over what its paper did; --list shows both. Each trial is a
training run with workers of its own. The best are then trained again with other seeds, and the best mean wins.
"""

import logging
import os
from collections.abc import Sequence
from typing import Annotated, Any

import ray
import typer
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from rich.console import Console
from rich.table import Table

from affect import samples, storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.pacing import duration
from affect.reports.report import cell
from affect.runs import REPORT, RunFolder
from affect.training.indexes import Indexes, read_indexes
from affect.training.settings import TrainConfig
from affect.tuning.proposing import check_optuna
from affect.tuning.record import begun_sweep, keep_sweep, read_sweep
from affect.tuning.results import Sweep, Trial
from affect.tuning.settings import SweepConfig
from affect.tuning.trials import choose, stage_uri
from jobs.recipes.sweeps import sweep_recipe
from jobs.room import runs_at_a_time
from jobs.train import train_once
from jobs.tuning_list import show_plan, show_sweeps
from jobs.tuning_repeats import run_repeats
from jobs.tuning_search import Search
from jobs.tuning_trial import EPOCHS, run_trial
from jobs.tuning_watch import Watch, write, write_if_possible

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)


def search(config: SweepConfig, out: str) -> Sweep:
    """Run the sweep in the folder ``out``, or go on with it; leaves report.html, trials.csv, sweep.json, winner.json.

    Raises AffectError when no trial left a model, or none of the best could be trained again.
    """
    out = storage.absolute(out)
    config = with_data(config, ())
    if config.search == "tpe":
        check_optuna()
    at_a_time = runs_at_a_time(config.largest(), config.concurrent)
    _refresh(config, out)
    known = _train_shared(config, out)
    sweep = begun_sweep(out)
    if sweep is None or sweep.phase == "searching" or sweep.winner() is None:
        sweep = _search(config, out, known, at_a_time)
    if config.best and config.seeds:
        sweep = _repeat(sweep, config, known, at_a_time)
    sweep.phase = "finished"
    write(sweep)
    return sweep


def name_the_cluster() -> None:
    """Tell this process, a worker's, which cluster it is of.

    Where ASHA ends a trial, Ray Train's cleaner asks the State API whether the run is over before it gives back the
    CPUs that were kept for it. With several clusters on a host it does not find out which to ask, and they stay kept.
    """
    os.environ["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address


def _refresh(config: SweepConfig, out: str) -> None:
    """Prices, and what is to be trained again, may be others than when the sweep began."""
    if sweep := begun_sweep(out):
        sweep.config, sweep.prices = config.model_dump(mode="json"), config.prices
        keep_sweep(sweep)


def _train_shared(config: SweepConfig, out: str) -> list[Indexes]:
    """Train the stages that all trials begin with; what trials would each read of their rows before they train."""
    run = config.resolve({}, lambda stage: stage_uri(out, stage))
    if isinstance(run, TrainConfig):
        return [read_indexes(run)]
    shared = config.shared()
    for number, stage in enumerate(shared, start=1):
        logger.info("stage %s, which all trials begin with (%d of %d)", stage, number, len(shared))
        train_once(run.started(stage, lambda name: stage_uri(out, name)), stage_uri(out, stage))
    wanted = [one for stage, one in run.stages.items() if stage not in run.given]
    found: dict[str, Indexes] = {}
    for one in wanted:
        indexes = read_indexes(one)
        found.setdefault(indexes.of, indexes)
    return list(found.values())


def _search(config: SweepConfig, out: str, known: Sequence[Indexes], at_a_time: int) -> Sweep:
    """Try the points of the space, or go on with them."""
    trainable = tune.with_resources(
        # Tune puts what is known of the rows into the object store once, for all trials to read there.
        tune.with_parameters(run_trial, sweep_uri=out, settings=config.model_dump(mode="json"), known=list(known)),
        {"memory": 1},  # the workers hold the CPUs; a trial that held one as well would leave them none
    )
    filesystem, path = storage.resolve(storage.join(out, "tune"))
    sweep = begun_sweep(out)
    if sweep is not None and tune.Tuner.can_restore(path, storage_filesystem=filesystem):
        logger.info("going on with the sweep in %s", out)
        none_left = sweep.phase != "searching"  # with a winner it would not be here
        sweep.phase = "searching"
        tuner = tune.Tuner.restore(path, trainable, restart_errored=none_left, storage_filesystem=filesystem)
    else:
        storage.delete_folder(storage.join(out, "trials"))
        sweep = _new_sweep(config, out)
        tuner = _new_tuner(config, trainable, sweep, at_a_time)
    write(sweep)
    logger.info("%d trials, %d at a time, %s", sweep.planned, at_a_time, config.search)
    # The record tells what Tune would log, and keeps what its own loggers would write.
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    tuner.fit()
    sweep = read_sweep(out)
    if len(sweep.trials) < sweep.planned:
        used = config.used_up(sweep.seconds, sum(trial.rows for trial in sweep.trials))
        sweep.ended_by = used or "a budget"
    elif config.whole is not None and sweep.planned < config.whole:
        sweep.ended_by = f"the budget of {sweep.planned} trials, of the {config.whole} there are"
    sweep.phase = "repeating"
    if sweep.winner() is None:
        sweep.phase = "finished"
        write(sweep)
        reasons = sorted({trial.reason for trial in sweep.trials if trial.reason})
        raise AffectError(f"no trial of {out} left a model:\n  " + "\n  ".join(reasons))
    write(sweep)
    return sweep


def _repeat(sweep: Sweep, config: SweepConfig, known: Sequence[Indexes], at_a_time: int) -> Sweep:
    """Train the best again with other seeds."""
    sweep.phase = "repeating"
    choose(sweep, config)
    chosen = [trial for trial in sweep.trials if trial.repeats]
    if all(repeat.status == "failed" for trial in chosen for repeat in trial.repeats):
        for trial in chosen:  # asked again after none could be trained
            for repeat in trial.repeats:
                repeat.status = "waiting"
    names = ", ".join(trial.id for trial in sweep.ranked() if trial.repeats)
    logger.info("training the best (%s) again, each with %d other seeds", names, config.seeds)
    run_repeats(sweep, config.retries, known, at_a_time, write_if_possible)
    if all(sweep.spread(trial) is None for trial in chosen):
        sweep.phase = "finished"
        write(sweep)
        reasons = sorted({repeat.reason for trial in chosen for repeat in trial.repeats})
        raise AffectError(f"none of the best trials of {sweep.uri} could be trained again:\n  " + "\n  ".join(reasons))
    return sweep


def _new_sweep(config: SweepConfig, out: str) -> Sweep:
    return Sweep(
        name=config.recipe,
        uri=out,
        metric=config.metric,
        mode=config.mode,
        planned=config.planned,
        config=config.model_dump(mode="json"),
        data=_corpora(config.train),
        prices=config.prices,
    )


def _new_tuner(config: SweepConfig, trainable: Any, sweep: Sweep, at_a_time: int) -> tune.Tuner:
    folder = storage.resolve(sweep.uri)
    return tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            metric=config.metric,
            mode=config.mode,
            num_samples=sweep.planned,
            search_alg=Search(config, sweep.uri),
            scheduler=ASHAScheduler(
                time_attr=EPOCHS,
                max_t=config.train.epochs,
                grace_period=config.first_rung,
                reduction_factor=config.reduction_factor,
            ),
            # Tune does not see what the runs' workers take; without this they would wait for each other for ever.
            max_concurrent_trials=at_a_time,
            trial_dirname_creator=_folder_name,
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=folder[1],
            storage_filesystem=folder[0],
            failure_config=tune.FailureConfig(max_failures=config.retries),
            callbacks=[Watch(config, sweep.uri, at_a_time)],
            verbose=0,
        ),
    )


def with_data(config: SweepConfig, folders: Sequence[str]) -> SweepConfig:
    """``config`` on the rows in ``folders``, by absolute paths; a stage that has rows of its own keeps them."""
    places = tuple(storage.absolute(folder) for folder in folders)

    def on(run: TrainConfig, given: tuple[str, ...]) -> TrainConfig:
        return run.model_copy(update={"data": tuple(storage.absolute(folder) for folder in given)})

    stages = {name: on(run, run.data or places) for name, run in config.stages.items()}
    train = config.train
    return config.model_copy(
        update={
            "train": on(train, (train.data or places) if config.stage else (places or train.data)),
            "stages": stages,
        }
    )


def _folder_name(trial: Any) -> str:
    return f"trial_{trial.trial_id}"


def _corpora(config: TrainConfig) -> list[dict[str, Any]]:
    """The corpora below the data folders; AffectError where there is none."""
    found = []
    for folder in config.data:
        for corpus in storage.list_folders(storage.join(folder, "faces")):
            file = next(iter(samples.list_faces(folder, corpus)), None)
            if file is not None:
                synthetic = bool(samples.details_of(file).get("synthetic", False))
                found.append({"corpus": corpus, "fingerprint": samples.fingerprint_of(file), "synthetic": synthetic})
    if not found:
        places = ", ".join(config.data) or "no folder given; name one with --data"
        raise AffectError(f"no pre-processed rows in {places}; run jobs.preprocess first")
    return found


@app.command(help=__doc__)
def main(
    name: Annotated[str, typer.Argument(metavar="RECIPE", help="a sweep's or a recipe's name; see --list")] = "",
    out: Annotated[str, typer.Option(help="folder of the sweep, a local path or s3://bucket/path")] = "",
    data: Annotated[list[str] | None, typer.Option(help="folder written by jobs.preprocess; may be repeated")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="key=value: trials=32, hours=12, search=tpe, train.epochs=20, best=5, prices.gpu_hour=2.5, "
            "space.optimiser.learning_rate.high=1e-3; docs/sweeps.md has them all",
        ),
    ] = None,
    small: Annotated[bool, typer.Option(help="narrow, for the sample corpus on two cores")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="show sweeps and default spaces, those with RECIPE in a line, and end")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="check everything, say what the sweep needs, and end")] = False,
) -> None:
    if list_:
        show_sweeps(name)
        return
    if not name or not (out or dry_run):
        raise AffectError("name a sweep and --out; python -m jobs.tune --list shows the sweeps")
    config = with_data(sweep_recipe(name, small=small).override(set_ or []), data or [])
    if dry_run:
        show_plan(config)
        return
    hook = {"worker_process_setup_hook": name_the_cluster}
    ray.init(log_to_driver=False, ignore_reinit_error=True, runtime_env=hook)
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info("%s is finished; to search again give another --out", run.uri)
        else:
            sweep = search(config, run.uri)
            winner = sweep.winner()
            assert winner is not None
            value = sweep.spread(winner)
            run.done(
                {
                    "winner": winner.id,
                    "model": sweep.winning_model(),
                    sweep.metric: value.mean if value else winner.result,
                    "trials": sweep.counts(),
                }
            )
        _show(read_sweep(run.uri))


def _show(sweep: Sweep) -> None:
    repeated = any(trial.repeats for trial in sweep.trials)
    keys = [key.rsplit(".", 1)[-1] for key in sweep.parameters()]
    table = Table("trial", "status", sweep.metric, *(["other seeds"] if repeated else []), *keys, "epochs", "time")
    winner = sweep.winner()
    for trial in sweep.ranked():
        values = (cell(trial.parameters.get(key)) for key in sweep.parameters())
        marked = "bold green" if trial is winner else None
        seeds = [_seeds(sweep, trial)] if repeated else []
        table.add_row(trial.id, trial.status, cell(sweep.best(trial)), *seeds, *values, str(trial.epochs),
                      duration(trial.seconds), style=marked)  # fmt: skip
    console = Console(soft_wrap=True)
    console.print(table)
    if sweep.ended_by:
        console.print(f"the search was ended by {sweep.ended_by}")
    if winner is not None:
        console.print(f"winner: {winner.id}, {sweep.winning_model()}")
    console.print(f"report: {storage.join(sweep.uri, REPORT)}")


def _seeds(sweep: Sweep, trial: Trial) -> str:
    """Mean and deviation over the seeds that it was trained again with."""
    spread = sweep.spread(trial)
    if spread is None:
        return "failed" if trial.repeats else ""
    around = "" if spread.deviation is None else f" ± {cell(spread.deviation)}"
    lost = len(trial.repeats) - spread.count
    return f"{cell(spread.mean)}{around} of {spread.count}" + (f", {lost} failed" if lost else "")


if __name__ == "__main__":
    run_app(app)
