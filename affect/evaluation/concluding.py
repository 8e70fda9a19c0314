"""What an evaluation leaves in its folder once every frame is predicted: metrics.json, report.html, DONE."""

import json
import time
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from affect import storage
from affect.evaluation.measures import METRICS, VIEWS, Measures
from affect.evaluation.predictions import PREDICTIONS, schema, targets
from affect.evaluation.units import Track
from affect.networks.spec import NetworkSpec
from affect.reports.evaluation_report import Curve, Evaluation, evaluation_report
from affect.reports.report import write
from affect.runs import REPORT, RunFolder

CURVE_FRAMES = 6000
"""As many consecutive frames as IJCV 2019, Figure 14, shows."""


def kept_metrics(run: RunFolder) -> dict[str, Any]:
    """metrics.json of an evaluation that is done."""
    metrics: dict[str, Any] = json.loads(storage.read_text(run.file(METRICS)))
    return metrics


def conclude(
    run: RunFolder, measures: Measures, metrics: dict[str, Any], facts: dict[str, str], began: float
) -> dict[str, Any]:
    """Write ``metrics``, those of ``measures``, and the report with ``facts``; ``began`` is by the monotonic clock."""
    storage.write_text(run.file(METRICS), json.dumps(metrics, indent=2, allow_nan=False) + "\n")
    seconds = time.monotonic() - began
    _report(run, measures, metrics, facts | {"Took": f"{seconds:.0f} s"})
    run.done({"default": metrics["default"], "frames": metrics["frames"], "seconds": round(seconds, 1)})
    return metrics


def _report(run: RunFolder, measures: Measures, metrics: dict[str, Any], facts: dict[str, str]) -> None:
    judged = measures.judging
    joined = measures.joined("faces")
    page = Evaluation(
        title=f"{judged.name or judged.recipe} on {', '.join(sorted(measures.corpora))} ({judged.split})",
        uri=run.uri,
        metrics=metrics,
        views=VIEWS,
        config=run.config.model_dump(mode="json"),
        confusion=joined.confusion,
        plane=joined.plane,
        curves=[_curve(run, judged.network, *chosen) for chosen in _shown(metrics)],
        synthetic=judged.synthetic,
        facts=facts,
    )
    write(evaluation_report(page), run.file(REPORT))


def _shown(metrics: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The best, the median and the worst video by the mean of its CCCs."""
    videos = [video for video in metrics["videos"] if "valence_ccc" in video]
    ranked = sorted(videos, key=lambda video: -(video["valence_ccc"] + video["arousal_ccc"]))
    if not ranked:
        return []
    places = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
    chosen = {place: which for which, place in reversed(places.items())}
    return [(chosen[place], ranked[place]) for place in sorted(chosen)]


def _curve(run: RunFolder, network: NetworkSpec, which: str, video: dict[str, Any]) -> Curve:
    track = Track(video["corpus"], video["video"], video["person"])
    filesystem, path = storage.resolve(run.file(PREDICTIONS))
    chosen = pc.field("corpus") == track.corpus
    for name in ("video", "person"):
        chosen &= pc.field(name) == getattr(track, name)
    columns = [name for name in schema(network).names if not name.startswith("p_")]
    table = pq.read_table(path, filesystem=filesystem, filters=chosen, columns=columns).slice(0, CURVE_FRAMES)
    values = np.stack([table[f"predicted_{name}"].to_numpy() for name in ("valence", "arousal")], axis=1)
    note = f"{which}: CCC {video['valence_ccc']:.2f} valence, {video['arousal_ccc']:.2f} arousal"
    return Curve(track.title, note, table["time_s"].to_numpy(), targets(table)["valence_arousal"], values)
