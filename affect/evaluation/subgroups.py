"""How well a model does on each group of people or pictures, and how far the groups lie apart."""

from typing import Any

import numpy as np
import pyarrow as pa

from affect.errors import AffectError
from affect.evaluation.groups import Groups
from affect.evaluation.intervals import COUNTS, Intervals
from affect.evaluation.judging import Judging
from affect.evaluation.settings import BootstrapSettings, GroupSettings
from affect.evaluation.units import Units, asked
from affect.metrics.defaults import less_is_better
from affect.metrics.sums import from_sums


def subgroups_of(judging: Judging, groups: Groups | None, settings: GroupSettings) -> "Subgroups | None":
    """None where there are no groups."""
    return None if groups is None else Subgroups(judging, groups, settings)


class Subgroups:
    """Streaming: of each group of each column the sums of its videos, from which metrics and intervals follow."""

    def __init__(self, judging: Judging, groups: Groups, settings: GroupSettings) -> None:
        self.judging, self.groups, self.settings = judging, groups, settings
        self.units = {name: [Units(judging) for _ in order] for name, order in groups.order.items()}
        self.rows = {name: np.zeros((len(order) + 1, 2), np.int64) for name, order in groups.order.items()}
        """(rows, rows that were predicted) of each group; last those of none."""

    def update(self, table: pa.Table) -> None:
        """Take in rows of predictions."""
        own = asked(table)[2]
        for name, places in self.groups.of(table).items():
            groups = len(self.rows[name])
            for kind, counted in enumerate((places, places[own])):
                self.rows[name][:, kind] += np.bincount(counted % groups, minlength=groups)  # -1 is the last
            for place in np.unique(places[places >= 0]).tolist():
                self.units[name][place].update(table.filter(pa.array(places == place)))

    def go_on(self, judging: Judging) -> None:
        """What comes now was said by another model, with the same outputs."""
        for units in self._all():
            units.finish()
            units.judging = judging

    def _all(self) -> list[Units]:
        return [units for of_column in self.units.values() for units in of_column]

    def summary(self, bootstrap: BootstrapSettings) -> dict[str, Any]:
        """``groups`` of metrics.json. Raises AffectError where no row belongs to any group."""
        for units in self._all():
            units.finish()
        if not any(rows[:-1].any() for rows in self.rows.values()):
            raise AffectError(
                f"none of the rows is named by {self.settings.file}: its columns {', '.join(self.groups.keys)} must "
                "say what predictions.parquet says in columns of these names"
            )
        return {name: self._column(name, bootstrap) for name in self.units}

    def _column(self, name: str, bootstrap: BootstrapSettings) -> dict[str, Any]:
        found = {
            group: self._group(units, rows, bootstrap)
            for group, units, rows in zip(
                self.groups.order[name], self.units[name], self.rows[name][:-1].tolist(), strict=True
            )
        }
        return {
            "groups": found,
            "rows_without": int(self.rows[name][-1, 0]),
            "small_below": self.settings.small,
            "differences": _differences(found),
        }

    def _group(self, units: Units, rows: list[int], bootstrap: BootstrapSettings) -> dict[str, Any]:
        sums = units.by_corpus()
        spec = self.judging.spec
        videos = len({track[:2] for track in units.videos})
        intervals = Intervals(spec, sums, bootstrap)
        return {
            "rows": rows[0],
            "predicted": rows[1],
            "videos": videos,
            "pictures": units.single,
            "small": videos + units.single < self.settings.small,
            "faces": from_sums(spec, np.concatenate([*sums.values()]).sum(axis=0)).compute() if sums else {},
            "intervals": intervals.of(*intervals.units),
        }


def _differences(groups: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Of each metric the best and the worst group, and how far apart they are.

    Small groups take part only where fewer than two others have the metric.
    """
    found = {}
    for metric in dict.fromkeys(metric for of in groups.values() for metric in of["faces"]):
        if metric.endswith(COUNTS):
            continue
        values = {name: of["faces"][metric] for name, of in groups.items() if metric in of["faces"]}
        large = {name: value for name, value in values.items() if not groups[name]["small"]}
        compared = large if len(large) > 1 else values
        if len(compared) < 2:
            continue
        ranked = sorted(compared, key=lambda name: compared[name], reverse=not less_is_better(metric))
        best, worst = ranked[0], ranked[-1]
        found[metric] = {
            "best": best,
            "worst": worst,
            "difference": abs(compared[best] - compared[worst]),
            "of_small_groups": compared is values and len(large) < len(values),
        }
    return found
