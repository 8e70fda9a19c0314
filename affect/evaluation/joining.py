"""Finished evaluations as one: the folds of a cross-validation, each of a model that learned from the others."""

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from affect import samples, storage
from affect.errors import AffectError
from affect.evaluation.concluding import conclude, kept_metrics
from affect.evaluation.groups import read_groups
from affect.evaluation.judging import Judging
from affect.evaluation.measures import METRICS, Measures
from affect.evaluation.predictions import PREDICTIONS, schema
from affect.evaluation.settings import JoinConfig
from affect.evaluation.subgroups import subgroups_of
from affect.runs import RunFolder, finished

logger = logging.getLogger("affect")

ROW = ("corpus", "video", "person", "frame")
"""What tells a row from all others."""

_NAMED = 3
"""So many of the rows that appear twice are named."""


@dataclass(frozen=True)
class Finished:
    """An evaluation that ended well."""

    uri: str
    metrics: Mapping[str, Any]
    judging: Judging

    @property
    def predictions(self) -> str:
        return storage.join(self.uri, PREDICTIONS)

    @property
    def folder(self) -> str:
        return self.uri.rstrip("/").rsplit("/", 1)[-1]


def read_finished(uri: str) -> Finished:
    """The evaluation at ``uri``. Raises AffectError where there is none, or it is not done, or was joined itself."""
    if not finished(uri) or not storage.exists(storage.join(uri, METRICS)):
        raise AffectError(f"{uri} is no finished evaluation; run jobs.evaluate with --out {uri} to its end")
    metrics = json.loads(storage.read_text(storage.join(uri, METRICS)))
    if "model" not in metrics:
        raise AffectError(f"{uri} was written by older code, which did not keep whose it is; evaluate again")
    return Finished(storage.absolute(uri), metrics, Judging.parse(metrics["model"]))


def join(runs: Sequence[str], out: str, config: JoinConfig | None = None) -> dict[str, Any]:
    """Several finished evaluations, as of the folds of a cross-validation, as one over all their rows; its metrics.

    Metrics are over all rows joined; ``folds``, and in each row of ``default`` another ``folds``, hold those of each
    evaluation, their mean and standard deviation. Raises AffectError where an evaluation is not finished, where models
    output different things, and where a row appears twice, naming it. A joining that is there already is returned.
    """
    config = (config or JoinConfig(runs=tuple(runs))).model_copy(update={"runs": tuple(map(storage.absolute, runs))})
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info("%s is joined already; to do it again give another --out", run.uri)
            return kept_metrics(run)
        began = time.monotonic()
        found = to_join(config.runs)
        first = found[0].judging
        measures = Measures(first, subgroups_of(first, read_groups(config.groups), config.groups))
        with (
            storage.whole_file(run.file(PREDICTIONS)) as path,
            pq.ParquetWriter(path, schema(first.network), compression="zstd") as writer,
        ):
            for one in found:
                measures.go_on(one.judging)
                for table in tables(one.predictions):
                    writer.write_table(table, row_group_size=samples.ROWS_PER_GROUP * 32)
                    measures.update(table)
        measures.go_on(_of_all([one.judging for one in found]))
        metrics = measures.summary(config.bootstrap)
        metrics["folds"] = folds(found)
        if any(one.judging.thresholds for one in found):
            metrics["thresholds"] |= {"used": {}, "from": "of each evaluation its own"}
        add_folds(metrics["default"], found)
        facts = {"Frames": f"{metrics['frames']['rows']:,}", "Evaluations joined": str(len(found))}
        return conclude(run, measures, metrics, facts, began)


def _of_all(judgings: Sequence[Judging]) -> Judging:
    """What is said of all that were joined."""
    told = {
        name: ", ".join(dict.fromkeys(filter(None, (getattr(one, name) for one in judgings))))
        for name in ("name", "recipe", "split", "rows", "expressions")
    }
    nothing = {"sha256": "", "thresholds": {}, "thresholds_from": ""}
    return judgings[0].model_copy(update=told | nothing | {"synthetic": any(one.synthetic for one in judgings)})


def to_join(runs: Sequence[str]) -> list[Finished]:
    """The evaluations of ``runs`` in their order.

    Raises AffectError where models output different things, and where a row appears twice, naming it.
    """
    found = [read_finished(uri) for uri in runs]
    for one in found:
        if one.metrics.get("folds"):
            raise AffectError(f"{one.uri} is itself joined; give the evaluations that it was joined of")
        if not one.judging.alike(found[0].judging):
            raise AffectError(
                f"{found[0].uri} and {one.uri} are of models that output different things, or judged by different "
                "rules; join evaluations of models of one network"
            )
    _once(found)
    return found


def _once(found: Sequence[Finished]) -> None:
    """Raise AffectError where a row appears twice, in one evaluation or in two."""
    parts = []
    for number, one in enumerate(found):
        filesystem, path = storage.resolve(one.predictions)
        table = pq.read_table(path, filesystem=filesystem, columns=list(ROW), read_dictionary=list(ROW[:3]))
        parts.append(table.append_column("run", pa.array(np.full(table.num_rows, number, np.int32))))
    rows = pa.concat_tables(parts).unify_dictionaries()
    plain = rows.cast(
        pa.schema([(name, pa.string()) for name in ROW[:3]] + [("frame", pa.int32()), ("run", pa.int32())])
    )
    counted = plain.group_by(list(ROW)).aggregate([("run", "count"), ("run", "min"), ("run", "max")])
    twice = counted.filter(pc.greater(counted["run_count"], 1)).sort_by([(name, "ascending") for name in ROW])
    if not twice.num_rows:
        return
    named = [
        f"{row['corpus']}/{row['video']}, {row['person']}, frame {row['frame']} "
        f"(in {' and '.join(dict.fromkeys(found[row[f'run_{which}']].uri for which in ('min', 'max')))})"
        for row in twice.slice(0, _NAMED).to_pylist()
    ]
    more = f"\n  and {twice.num_rows - _NAMED:,} more" if twice.num_rows > _NAMED else ""
    raise AffectError(
        f"{twice.num_rows:,} rows appear twice, and each is to count once:\n  " + "\n  ".join(named) + more + "\n"
        "join evaluations of folds that share no row: each on the rows that its model was not trained on"
    )


def tables(uri: str) -> Iterator[pa.Table]:
    """The rows of a predictions.parquet, some at a time, in order."""
    filesystem, path = storage.resolve(uri)
    file = pq.ParquetFile(path, filesystem=filesystem, pre_buffer=True)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group)


def folds(found: Sequence[Finished]) -> dict[str, Any]:
    """``folds`` of metrics.json: the figures of each, their mean and their standard deviation (n - 1)."""
    runs = [
        {"run": one.uri, "model": one.judging.name or one.judging.recipe, "rows": one.metrics["frames"]["rows"]}
        | {"faces": one.metrics["faces"]}
        for one in found
    ]
    names = dict.fromkeys(name for one in found for name in one.metrics["faces"])
    values = {name: [one.metrics["faces"][name] for one in found if name in one.metrics["faces"]] for name in names}
    return {"runs": runs} | {
        kind: {name: of[kind] for name, each in values.items() if (of := spread(each))[kind] is not None}
        for kind in ("mean", "deviation", "counted")
    }


def add_folds(default: list[dict[str, Any]], found: Sequence[Finished]) -> None:
    """To what each corpus is judged by, ``folds``: the figure of each evaluation, their mean and deviation."""
    for row in default:
        values = [
            other["faces"]
            for one in found
            for other in one.metrics["default"]
            if all(other[key] == row[key] for key in ("corpus", "output", "metric", "of"))
            and other["faces"] is not None
        ]
        row["folds"] = {"values": values} | spread(values)


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """Mean, standard deviation (n - 1; None of fewer than two) and number of ``values``."""
    count = len(values)
    return {
        "mean": math.fsum(values) / count if count else None,
        "deviation": float(np.std(values, ddof=1)) if count > 1 else None,
        "counted": count,
    }
