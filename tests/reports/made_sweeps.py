"""Sweeps of any size as ASHA leaves them: finished, running or with trials that failed."""

import numpy as np

from affect.training.settings import TrainConfig
from affect.tuning.prices import Prices
from affect.tuning.results import Phase, Repeat, Sweep, Trial
from affect.tuning.space import assignments, draw
from jobs.recipes.bmvc2019_sweeps import arcface

EPOCHS = 27
RUNGS = (1, 3, 9)


def asha_sweep(trials: int, phase: Phase = "finished", uri: str = "/runs/sweep", seed: int = 0) -> Sweep:
    """A sweep of BMVC 2019's ArcFace space in which the learning rate matters much, the margin some, the rest not.

    Two of three trials stop at each rung, one in eleven fails. While ``searching`` the last trials run or wait.
    """
    config = arcface()
    generator = np.random.default_rng(seed)
    sweep = Sweep(
        name="bmvc2019/arcface",
        uri=uri,
        metric="score",
        mode="max",
        planned=trials,
        config=config.model_dump(mode="json"),
        data=[{"corpus": "sample", "fingerprint": "abc123", "synthetic": True}],
        phase=phase,
        seconds=trials * 411.0,
        prices=Prices(cpu_hour=0.05, gpu_hour=1.2),
    )
    base = config.train
    assert isinstance(base, TrainConfig)
    for number, parameters in enumerate(draw(config.space, trials, seed)):
        resolved = base.override(assignments(parameters)).model_dump(mode="json")
        trial = Trial(f"{number:03d}", dict(parameters), config=resolved, uri=f"{uri}/trials/{number:03d}", attempts=1)
        sweep.trials.append(trial)
        waiting = phase == "searching" and number >= trials * 0.9
        if waiting:
            trial.attempts = 0
            continue
        running = phase == "searching" and number >= trials * 0.8
        height = _height(trial) + generator.normal(0, 0.012)
        full = _curve(height, generator)
        before = [other for other in sweep.trials[:-1] if other.status != "failed" and len(other.curve) >= min(RUNGS)]
        last = EPOCHS
        for rung in RUNGS:
            rivals = sorted(
                (other.curve[rung - 1]["score"] for other in before if len(other.curve) >= rung), reverse=True
            )
            if rivals and full[rung - 1]["score"] < rivals[len(rivals) // 3]:
                last = rung
                break
        trial.status = "finished" if last == EPOCHS else "stopped early"
        if number % 11 == 7:
            last, trial.status, trial.attempts = min(last, 2), "failed", 2
            trial.reason = "the loss is not finite at step 214: learning rate 9.1e-05; lower optimiser.learning_rate"
            trial.trace = f'Traceback (most recent call last):\n  File "train.py", line 1\n{trial.reason}'
        elif running:
            last, trial.status = min(last, 5), "running"
        trial.curve = full[:last]
        trial.seconds = 40 + last * (20 + generator.uniform(0, 8))
        trial.cpu_hours, trial.gpu_hours = trial.seconds * 4 / 3600, trial.seconds / 3600
        trial.rows = last * 48_000
        if trial.status == "finished":
            trial.result = max(row["score"] for row in trial.curve)
            trial.model = f"{trial.uri}/model"
            trial.metrics = {"validation": {"score": trial.result}}
    if phase != "searching":
        _repeat(sweep, generator)
    return sweep


def commands_of(sweep: Sweep) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Shell lines as jobs.tune gives them."""
    again = "python -m jobs.train bmvc2019/arcface --out {}-{} --data /rows --set optimiser.learning_rate={}"
    promote = f"python -m jobs.promote {sweep.uri} --name bmvc2019-arcface --store /runs/models"
    each = {
        trial.id: {
            "Train it again": again.format(sweep.uri, trial.id, trial.parameters["optimiser.learning_rate"]),
            **({"Promote it": promote.replace(sweep.uri, str(trial.model))} if trial.model else {}),
        }
        for trial in sweep.trials
    }
    return ({"Promote the winner": promote} if sweep.winner() else {}), each


def _height(trial: Trial) -> float:
    rate = np.log10(float(trial.parameters["optimiser.learning_rate"]))
    margin = float(trial.parameters["network.arcface.margin"])
    return 0.46 - 0.25 * (rate + 4.3) ** 2 - 0.035 * abs(margin - 0.5)


def _curve(height: float, generator: np.random.Generator) -> list[dict[str, float]]:
    epochs = np.arange(1, EPOCHS + 1)
    scores = height * (1 - np.exp(-epochs / 4)) + generator.normal(0, 0.006, EPOCHS)
    return [
        {"epoch": float(e), "score": float(s), "train_loss": 3 / float(e)} for e, s in zip(epochs, scores, strict=True)
    ]


def _repeat(sweep: Sweep, generator: np.random.Generator) -> None:
    for rank, trial in enumerate([trial for trial in sweep.ranked() if trial.model][:3]):
        for seed in (1001, 1002, 1003):
            repeat = Repeat(seed, attempts=1)
            trial.repeats.append(repeat)
            if sweep.phase == "repeating" and (rank, seed) > (0, 1002):
                repeat.status = "waiting"
                continue
            repeat.curve = _curve(_height(trial) + generator.normal(0, 0.012), generator)
            repeat.result = max(row["score"] for row in repeat.curve)
            repeat.status, repeat.seconds = "finished", 700.0
            repeat.model = f"{trial.uri}/repeats/seed-{seed}/model"
