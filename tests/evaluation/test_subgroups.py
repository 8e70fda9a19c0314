"""Each group is judged as if the others were not there."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from affect.errors import AffectError
from affect.evaluation.groups import Groups
from affect.evaluation.judging import Judging
from affect.evaluation.measures import Measures
from affect.evaluation.settings import BootstrapSettings, GroupSettings
from affect.evaluation.subgroups import Subgroups
from tests.evaluation.made_predictions import SPEC, made_predictions

VIDEOS = {(f"v{number}", "main"): 20 + number for number in range(12)} | {("p", "main"): 1, ("w", "main"): 30}
TABLE = made_predictions(VIDEOS)
QUICK = BootstrapSettings(resamples=40)


def judged(sizes: dict[str, int], small: int = 5, table: pa.Table = TABLE) -> dict[str, object]:
    """Videos in their order, so many of each group."""
    names = [name for name, size in sizes.items() for _ in range(size)]
    videos = [video for video, _ in VIDEOS][: len(names)]
    groups = Groups(("video",), pa.array(videos), {"age": pa.array(names)}, {"age": tuple(sizes)})
    measures = Measures(Judging(network=SPEC), Subgroups(Judging(network=SPEC), groups, GroupSettings(small=small)))
    for first in range(0, table.num_rows, 33):
        measures.update(table.slice(first, 33))
    found: dict[str, object] = measures.summary(QUICK)["groups"]["age"]
    return found


def test_a_group_is_judged_as_if_it_were_all() -> None:
    found = judged({"young": 7, "old": 6})
    members = {"young": [f"v{number}" for number in range(7)], "old": [*(f"v{number}" for number in range(7, 12)), "p"]}
    for name, videos in members.items():
        alone = Measures(Judging(network=SPEC))
        alone.update(TABLE.filter(pc.is_in(TABLE["video"], value_set=pa.array(videos))))
        expected = alone.summary(QUICK)
        of = found["groups"][name]
        assert of["faces"] == pytest.approx(expected["faces"])
        assert of["intervals"].keys() == expected["intervals"]["faces"].keys()
        for metric, ends in of["intervals"].items():
            assert ends == pytest.approx(expected["intervals"]["faces"][metric])
        assert (of["rows"], of["predicted"]) == (expected["frames"]["rows"], expected["frames"]["predicted"])
    counts = {name: (of["videos"], of["pictures"]) for name, of in found["groups"].items()}
    assert counts == {"young": (7, 0), "old": (5, 1)}
    assert found["rows_without"] == 30


def test_how_far_the_groups_lie_apart() -> None:
    found = judged({"young": 5, "old": 5, "few": 1})
    values = {name: of["faces"] for name, of in found["groups"].items()}
    assert [of["small"] for of in found["groups"].values()] == [False, False, True]
    for metric, best in (("expression_macro_f1", max), ("valence_mse", min)):
        apart = found["differences"][metric]
        ranked = {name: values[name][metric] for name in ("young", "old")}
        assert apart["best"] == best(ranked, key=ranked.get)
        assert apart["difference"] == pytest.approx(abs(ranked["young"] - ranked["old"]))
        assert not apart["of_small_groups"]
    assert "expression_classes" not in found["differences"]


def test_small_groups_are_compared_where_no_others_are() -> None:
    found = judged({"young": 5, "few": 2, "fewer": 1})
    apart = found["differences"]["valence_ccc"]
    values = {name: of["faces"]["valence_ccc"] for name, of in found["groups"].items()}
    assert apart["of_small_groups"]
    assert apart["difference"] == pytest.approx(max(values.values()) - min(values.values()))


def test_a_file_of_other_videos() -> None:
    groups = Groups(("video",), pa.array(["x"]), {"age": pa.array(["old"])}, {"age": ("old",)})
    subgroups = Subgroups(Judging(network=SPEC), groups, GroupSettings(file="groups.csv"))
    subgroups.update(TABLE)
    with pytest.raises(AffectError, match="none of the rows is named by groups.csv: its columns video"):
        subgroups.summary(QUICK)
