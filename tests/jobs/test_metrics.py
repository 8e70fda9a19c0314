import pytest

from jobs import metrics


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
def test_ray_takes_every_declaration(metric: metrics.Metric) -> None:
    made = metrics.instrument(metric, **dict.fromkeys(metric.tags, "value"))
    assert made.info["name"] == metric.name
    assert made.info["description"] == metric.help
    assert set(made.info["default_tags"]) == set(metric.tags)
    assert metric.exported.startswith(f"ray_{metric.name}")


def test_names_are_unique_and_all_declared() -> None:
    declared = [value for value in vars(metrics).values() if isinstance(value, metrics.Metric)]
    assert sorted(declared, key=lambda metric: metric.name) == sorted(metrics.METRICS, key=lambda metric: metric.name)
    assert len({metric.name for metric in declared}) == len(declared)
