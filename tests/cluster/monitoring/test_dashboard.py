"""The dashboard draws every declared metric, and is of the shape that Grafana reads."""

import re

from cluster.monitoring.dashboard import ROWS, dashboard
from jobs import metrics


def test_every_metric_is_drawn_by_tags_it_has() -> None:
    expressions = [expression for row in ROWS.values() for panel in row for expression, _ in panel.targets]
    for metric in metrics.METRICS:
        drawn = [expression for expression in expressions if metric.exported in expression]
        assert drawn, metric.name
        for expression in drawn:
            for by in re.findall(r"by \(([^)]*)\)", expression):
                assert set(by.split(", ")) <= {*metric.tags, "le"}
    named = {name for expression in expressions for name in re.findall(r"ray_\w+", expression)}
    assert named == {metric.exported for metric in metrics.METRICS}


def test_legends_name_labels_that_lines_have() -> None:
    for row in ROWS.values():
        for panel in row:
            for expression, legend in panel.targets:
                (*_, by) = re.findall(r"by \(([^)]*)\)", expression)
                assert set(re.findall(r"{{(\w+)}}", legend)) == set(by.split(", ")) - {"le"}


def test_panels_do_not_overlap_and_are_numbered() -> None:
    panels = dashboard()["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


def test_all_that_needs_a_datasource_takes_the_chosen_one() -> None:
    made = dashboard()
    choice, runs = made["templating"]["list"]
    assert choice["query"] == "prometheus"
    assert runs["name"] == "run"
    for panel in made["panels"]:
        for asked in [panel, *panel["targets"]] if panel["type"] != "row" else []:
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert asked.get("description", "x")
