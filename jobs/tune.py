"""Search for hyperparameters with Ray Tune: many training runs, ASHA, a report, a winner."""

import functools
import logging
import os
from typing import Annotated, Any

import ray
import typer
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from rich.console import Console
from rich.table import Table

from affect import samples, storage
from affect.errors import AffectError
from affect.reports.report import cell
from affect.runs import RunFolder
from affect.training.settings import TrainConfig
from affect.tuning.results import Sweep
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Distribution, LogUniform, Uniform, draw
from jobs import cli
from jobs.recipes.bmvc2019_sweeps import SWEEP_RECIPES, sweep_recipe
from jobs.room import runs_at_a_time
from jobs.tuning_trial import EPOCHS, run_trial
from jobs.tuning_watch import Watch, new_trial, read, write

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)


def search(config: SweepConfig, out: str) -> Sweep:
    """Run the sweep in the folder ``out``, or go on with it; leaves report.html, trials.csv, sweep.json, winner.json.

    Raises AffectError when no trial left a model.
    """
    out = storage.absolute(out)
    data = tuple(storage.absolute(folder) for folder in config.train.data)
    config = config.model_copy(update={"train": config.train.model_copy(update={"data": data})})
    trainable = tune.with_resources(
        functools.partial(run_trial, sweep_uri=out, train=config.train.model_dump(mode="json"), metric=config.metric),
        {"memory": 1},  # the workers hold the CPUs; a trial that held one as well would leave them none
    )
    filesystem, path = storage.resolve(storage.join(out, "tune"))
    if tune.Tuner.can_restore(path, storage_filesystem=filesystem) and storage.exists(storage.join(out, "sweep.json")):
        logger.info("going on with the sweep in %s", out)
        sweep = read(out)
        none_left = sweep.finished  # with a winner the run would be done
        sweep.phase = "searching"
        tuner = tune.Tuner.restore(path, trainable, restart_errored=none_left, storage_filesystem=filesystem)
    else:
        storage.delete_folder(storage.join(out, "trials"))
        sweep = _new_sweep(config, out)
        tuner = _new_tuner(config, trainable, sweep)
    write(sweep, config)
    # The record tells what Tune would log, and keeps what its own loggers would write.
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    tuner.fit()
    sweep = read(out)
    sweep.phase = "finished"
    write(sweep, config)
    if sweep.winner() is None:
        reasons = sorted({trial.reason for trial in sweep.trials if trial.reason})
        raise AffectError(f"no trial of {out} left a model:\n  " + "\n  ".join(reasons))
    return sweep


def _new_sweep(config: SweepConfig, out: str) -> Sweep:
    sweep = Sweep(
        name=config.recipe,
        uri=out,
        metric=config.metric,
        mode=config.mode,
        planned=config.trials,
        config=config.model_dump(mode="json"),
        data=_corpora(config.train),
    )
    if config.search == "random":
        points = draw(config.space, config.trials, config.seed)
        sweep.trials = [new_trial(config, f"{number:03d}", point) for number, point in enumerate(points)]
    return sweep


def _new_tuner(config: SweepConfig, trainable: Any, sweep: Sweep) -> tune.Tuner:
    folder = storage.resolve(sweep.uri)
    if config.search == "random":
        searcher, samples_of_space = None, 1
        space: Any = tune.grid_search([{"name": trial.id, "parameters": trial.parameters} for trial in sweep.trials])
    else:
        searcher, samples_of_space = _tpe(config), config.trials
        space = {"name": None, "parameters": {key: _of_tune(values) for key, values in config.space.items()}}
    return tune.Tuner(
        trainable,
        param_space={"point": space},
        tune_config=tune.TuneConfig(
            metric=config.metric,
            mode=config.mode,
            num_samples=samples_of_space,
            search_alg=searcher,
            scheduler=ASHAScheduler(
                time_attr=EPOCHS,
                max_t=config.train.epochs,
                grace_period=config.grace_epochs,
                reduction_factor=config.reduction_factor,
            ),
            # Tune does not see what the runs' workers take; without this they would wait for each other for ever.
            max_concurrent_trials=config.concurrent or runs_at_a_time(config.train.resources),
            trial_dirname_creator=_folder_name,
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=folder[1],
            storage_filesystem=folder[0],
            failure_config=tune.FailureConfig(max_failures=config.retries),
            callbacks=[Watch(config, sweep.uri)],
            verbose=0,
        ),
    )


def _tpe(config: SweepConfig) -> Any:
    try:
        import optuna  # noqa: F401, PLC0415 - only who asks for it needs it
        from ray.tune.search.optuna import OptunaSearch  # noqa: PLC0415
    except ImportError as error:
        raise AffectError("search=tpe needs Optuna: pip install optuna, or leave search=random") from error
    return OptunaSearch(metric=config.metric, mode=config.mode, seed=config.seed)


def _of_tune(distribution: Distribution) -> Any:
    match distribution:
        case Uniform(low=low, high=high):
            return tune.uniform(low, high)
        case LogUniform(low=low, high=high):
            return tune.loguniform(low, high)
        case _:
            return tune.choice(list(distribution.values))


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


@app.command()
def main(
    name: Annotated[str, typer.Argument(metavar="RECIPE", help="a sweep's name; see --list")] = "",
    out: Annotated[str, typer.Option(help="folder of the sweep, a local path or s3://bucket/path")] = "",
    data: Annotated[list[str] | None, typer.Option(help="folder written by jobs.preprocess; may be repeated")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value, for example trials=32")] = None,
    list_: Annotated[bool, typer.Option("--list", help="show the sweeps and end")] = False,
) -> None:
    """Run the sweep RECIPE on --data into --out. The same command again goes on where an interrupted one was."""
    if list_:
        _show_recipes()
        return
    if not name or not out:
        raise AffectError("name a sweep and --out; python -m jobs.tune --list shows the sweeps")
    config = sweep_recipe(name).override(set_ or [])
    if data:
        folders = tuple(storage.absolute(folder) for folder in data)
        config = config.model_copy(update={"train": config.train.model_copy(update={"data": folders})})
    ray.init(log_to_driver=False, ignore_reinit_error=True)
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info("%s is finished; to search again give another --out", run.uri)
        else:
            sweep = search(config, run.uri)
            winner = sweep.winner()
            assert winner is not None
            run.done(
                {"winner": winner.id, "model": winner.model, sweep.metric: winner.result, "trials": sweep.counts()}
            )
        _show(read(run.uri))


def _show(sweep: Sweep) -> None:
    table = Table("trial", "status", sweep.metric, *(key.rsplit(".", 1)[-1] for key in sweep.parameters()), "epochs")
    winner = sweep.winner()
    for trial in sweep.ranked():
        values = (cell(trial.parameters.get(key)) for key in sweep.parameters())
        marked = "bold green" if trial is winner else None
        table.add_row(trial.id, trial.status, cell(sweep.best(trial)), *values, str(trial.epochs), style=marked)
    console = Console(soft_wrap=True)
    console.print(table)
    if winner is not None:
        console.print(f"winner: {winner.id}, {winner.model}")
    console.print(f"report: {storage.join(sweep.uri, 'report.html')}")


def _show_recipes() -> None:
    table = Table("sweep", "paper", "what it is")
    for name, make in sorted(SWEEP_RECIPES.items()):
        table.add_row(name, make().paper, (make.__doc__ or "").strip().splitlines()[0])
    Console().print(table)


if __name__ == "__main__":
    cli.run(app)
