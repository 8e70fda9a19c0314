"""Stands for Ray's metrics where no cluster is: remembers what it was told."""

from collections.abc import Callable
from typing import Any

from jobs.metrics import Metric


class Instruments:
    """By name and extra tags: the sum of what counters were told, the last of gauges, the list of histograms."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, ...], Any] = {}

    def __call__(self, metric: Metric, **fixed: str) -> Any:
        told = self.told

        class Instrument:
            def inc(self, value: float = 1.0, tags: dict[str, str] | None = None) -> None:
                assert value > 0  # as Ray demands
                self.keep(tags, lambda before: (before or 0.0) + value)

            def set(self, value: float, tags: dict[str, str] | None = None) -> None:
                self.keep(tags, lambda _: value)

            def observe(self, value: float, tags: dict[str, str] | None = None) -> None:
                self.keep(tags, lambda before: [*(before or []), value])

            def keep(self, tags: dict[str, str] | None, change: Callable[[Any], Any]) -> None:
                assert set(fixed) | set(tags or {}) == set(metric.tags)
                key = (metric.name, *(tags or {}).values())
                told[key] = change(told.get(key))

        return Instrument()
