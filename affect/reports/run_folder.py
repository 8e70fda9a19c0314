"""The report of a training run from what lies in its folder, while it runs and after."""

from collections.abc import Mapping, Sequence

from affect import storage
from affect.evaluation.seen import Seen
from affect.following.records import STEPS, VALIDATION, read_steps
from affect.reports.report import write
from affect.reports.run_report import State, TrainingRun, run_report
from affect.runs import CONFIG, REPORT
from affect.training.history import read_history
from affect.training.settings import TrainConfig


def write_run_report(
    config: TrainConfig,
    out: str,
    corpora: Sequence[tuple[str, str, bool]],
    state: State,
    *,
    metrics: Mapping[str, Mapping[str, float]] | None = None,
    facts: Mapping[str, str] | None = None,
    commands: Mapping[str, str] | None = None,
) -> None:
    """Write report.html into the folder ``out`` of a run of ``config``.

    ``corpora`` are those of LabelIndex; what else is given is known at the end only.
    """
    history, steps = read_history(out), read_steps(out)
    done = history.assign(epoch=history["epoch"] + 1) if len(history) else history
    files = {CONFIG: True, "metrics.csv": len(history) > 0, STEPS: len(steps) > 0}
    page = TrainingRun(
        title=config.recipe,
        uri=out,
        history=done,
        steps=steps,
        config=config.model_dump(mode="json"),
        metrics=metrics or {},
        data=[{"corpus": name, "fingerprint": made, "synthetic": synthetic} for name, made, synthetic in corpora],
        seen=Seen.read(storage.join(out, VALIDATION)),
        state=state,
        epochs=config.epochs,
        facts=facts or {},
        commands=commands or {},
        links={name: name for name, there in files.items() if there},
    )
    write(run_report(page), storage.join(out, REPORT))
