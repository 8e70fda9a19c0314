"""All figures follow from the predictions: recomputed from their file by scikit-learn, SciPy and the formulas."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from affect.errors import AffectError
from affect.evaluation import units as module
from affect.evaluation.judging import Judging
from affect.evaluation.measures import Measures
from affect.evaluation.settings import BootstrapSettings
from affect.labels import (
    ACTION_UNITS,
    COMPOUND_EMOTIONS,
    COMPOUND_EXPRESSIONS,
    EMOTIONET_COMPOUNDS,
    EXPRESSIONS,
    RAFDB_COMPOUNDS,
    action_unit_label,
    action_unit_weights,
)
from affect.metrics.ccc import concordance
from affect.networks.spec import NetworkSpec
from tests.evaluation.made_predictions import SPEC, made_predictions

VIDEOS = {("a", "main"): 60, ("b", "left"): 45, ("b", "right"): 45, ("c", "main"): 80}
PICTURES = {(f"picture{number}", "main"): 1 for number in range(50)}
QUICK = BootstrapSettings(resamples=40)
NONE = BootstrapSettings(resamples=0)


def measured(*tables: pa.Table, spec: NetworkSpec = SPEC) -> Measures:
    made = Measures(Judging(network=spec))
    for table in tables:
        made.update(table)
    return made


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """As anyone would read the file."""
    path: Path = tmp_path_factory.mktemp("predictions") / "predictions.parquet"
    pq.write_table(made_predictions(VIDEOS), path)
    return pd.read_parquet(path)


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return measured(made_predictions(VIDEOS)).summary(NONE)


def test_the_mean_of_action_units_is_over_those_that_the_corpus_is_judged_on() -> None:
    """BP4D also has codes of AU20 and AU24, which FERA 2015 left out: neither in figures nor in their intervals."""
    spec = SPEC.model_copy(update={"action_units": (1, 12, 20, 24)})
    found = measured(made_predictions(VIDEOS, corpus="bp4d", spec=spec), spec=spec).summary(QUICK)
    of_bp4d = found["corpora"]["bp4d"]
    assert of_bp4d["faces"]["action_units_counted"] == 2
    assert of_bp4d["faces"]["action_units_f1"] == pytest.approx(
        np.mean([of_bp4d["faces"]["AU1_f1"], of_bp4d["faces"]["AU12_f1"]])
    )
    assert found["faces"]["action_units_f1"] == of_bp4d["faces"]["action_units_f1"]
    low, high = of_bp4d["intervals"]["action_units_f1"]
    assert low < of_bp4d["faces"]["action_units_f1"] < high
    assert of_bp4d["intervals"].keys().isdisjoint({"AU20_f1", "AU24_f1"})


def seen(frame: pd.DataFrame, view: str) -> pd.DataFrame:
    if view == "faces":
        return frame[frame["face"]]
    return frame[frame["predicted_from"].notna()]


def said(frame: pd.DataFrame) -> "pd.Series[str]":
    columns = [f"p_{name}" for name in EXPRESSIONS]
    return pd.Series(np.array(EXPRESSIONS)[frame[columns].to_numpy().argmax(axis=1)], index=frame.index)


@pytest.mark.parametrize("view", ["faces", "all_frames"])
def test_valence_and_arousal(frame: pd.DataFrame, summary: dict[str, Any], view: str) -> None:
    rows = seen(frame, view).dropna(subset=["valence", "arousal"]).astype({"valence": float, "arousal": float})
    for name in ("valence", "arousal"):
        x, y = rows[name], rows[f"predicted_{name}"].astype(float)
        ccc = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var(ddof=0) + y.var(ddof=0) + (x.mean() - y.mean()) ** 2)
        assert summary[view][f"{name}_ccc"] == pytest.approx(ccc)
        assert summary[view][f"{name}_pearson"] == pytest.approx(pearsonr(x, y).statistic)
        assert summary[view][f"{name}_mse"] == pytest.approx(((x - y) ** 2).mean())


@pytest.mark.parametrize("view", ["faces", "all_frames"])
def test_expressions(frame: pd.DataFrame, summary: dict[str, Any], view: str) -> None:
    rows = seen(frame, view).dropna(subset=["expression"])
    truth, guess = rows["expression"], said(rows)
    assert summary[view]["expression_macro_f1"] == pytest.approx(f1_score(truth, guess, average="macro"))
    assert summary[view]["expression_accuracy"] == pytest.approx(accuracy_score(truth, guess))
    if view == "faces":
        for scorer, name in ((f1_score, "f1"), (precision_score, "precision"), (recall_score, "recall")):
            expected = scorer(truth, guess, labels=EXPRESSIONS, average=None)
            assert [summary["classes"]["expression"][one][name] for one in EXPRESSIONS] == pytest.approx(list(expected))


@pytest.mark.parametrize("view", ["faces", "all_frames"])
def test_action_units(frame: pd.DataFrame, summary: dict[str, Any], view: str) -> None:
    scores = []
    for unit in map(action_unit_label, SPEC.action_units):
        rows = seen(frame, view).dropna(subset=[unit])
        truth, guess = rows[unit].astype(int), rows[f"p_{unit}"] >= 0.5
        scores.append(f1_score(truth, guess))
        assert summary[view][f"{unit}_f1"] == pytest.approx(scores[-1])
        assert summary[view][f"{unit}_accuracy"] == pytest.approx(accuracy_score(truth, guess))
        if view == "faces":
            of = summary["action_units"][unit]
            assert of["precision"] == pytest.approx(precision_score(truth, guess))
            assert (of["labels"], of["annotated"]) == (truth.sum(), len(truth))
    assert summary[view]["action_units_f1"] == pytest.approx(np.mean(scores))


def test_frames_are_counted(frame: pd.DataFrame, summary: dict[str, Any]) -> None:
    assert summary["frames"] == {
        "rows": len(frame),
        "with_face": frame["face"].sum(),
        "predicted": frame["face"].sum(),
        "filled": (~frame["face"] & frame["predicted_from"].notna()).sum(),
        "without_prediction": frame["predicted_from"].isna().sum(),
    }
    assert min(summary["frames"].values()) > 0
    assert summary["corpora"]["made"]["frames"] == summary["frames"]


def test_each_video_is_judged_alone(frame: pd.DataFrame, summary: dict[str, Any]) -> None:
    found = {(video["video"], video["person"]): video for video in summary["videos"]}
    assert {place: video["frames"] for place, video in found.items()} == VIDEOS
    for place, rows in frame[frame["face"]].groupby(["video", "person"]):
        rows = rows.dropna(subset=["expression"])  # noqa: PLW2901
        assert found[place]["expression_accuracy"] == pytest.approx(accuracy_score(rows["expression"], said(rows)))


def test_a_video_takes_the_mean_of_its_frames(frame: pd.DataFrame, summary: dict[str, Any]) -> None:
    shown = frame[frame["face"]]
    columns = [f"p_{name}" for name in EXPRESSIONS]
    truth, guess = [], []
    for _, rows in shown.groupby(["video", "person"], sort=True):
        counts = rows["expression"].value_counts()
        most = [name for name in EXPRESSIONS if counts.get(name, 0) == counts.max()]
        truth.append(most[0])
        guess.append(EXPRESSIONS[rows[columns].mean().to_numpy().argmax()])
    found = summary["video_expressions"]
    assert found["mean"]["expression_accuracy"] == pytest.approx(accuracy_score(truth, guess))
    assert found["videos"] == len(VIDEOS)
    assert found["of_one_label"] == 0


@pytest.mark.parametrize("cuts", [(1,), (59, 60, 61), (60, 230, 231, 240), range(0, 280, 1)])
def test_the_same_however_the_rows_come_in(cuts: Any) -> None:
    """A video cut after its first frame is none the less a video, and a picture before it a picture."""
    table = made_predictions(VIDEOS | PICTURES)
    whole = measured(table)
    edges = sorted({0, *cuts, table.num_rows})
    parts = measured(*(table.slice(first, last - first) for first, last in pairwise(edges)))
    left, right = (one.summary(QUICK) for one in (whole, parts))
    assert left.keys() == right.keys()
    assert [video["video"] for video in right["videos"]] == [video for video, _ in VIDEOS]
    assert right["intervals"]["units"] == left["intervals"]["units"]
    for key in ("faces", "all_frames"):
        assert right[key] == pytest.approx(left[key], rel=1e-9)
    for metric, ends in left["intervals"]["faces"].items():
        assert right["intervals"]["faces"][metric] == pytest.approx(ends, rel=1e-9)
    assert right["video_expressions"] == left["video_expressions"]


def test_persons_of_a_video_are_drawn_together() -> None:
    made = measured(made_predictions(VIDEOS))
    made.summary(NONE)
    assert len(made.units.videos) == 4
    assert len(made.units.by_corpus()["made"]) == 3


def test_single_pictures_are_kept_in_few_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many: the sums of all, none a video, faces of one picture together."""
    monkeypatch.setattr(module, "PICTURE_BLOCKS", 16)
    pictures = {(f"{number:07}", person): 1 for number in range(200) for person in ("0", "1")}
    made = measured(made_predictions(pictures))
    found = made.summary(NONE)
    assert found["videos"] == []
    assert found["video_expressions"] == {}
    blocks = made.units.by_corpus()["made"]
    assert len(blocks) == 16
    assert blocks[:, 0].max() < 4 * np.median(blocks[:, 0])
    whole = made.corpora["made"].metrics["faces"].tasks["valence_arousal"].accumulator
    assert blocks[:, 0].sum() == whole.count  # type: ignore[union-attr]
    alone = measured(made_predictions({("x", "0"): 1, ("x", "1"): 1}))
    alone.summary(NONE)
    assert len(alone.units.by_corpus()["made"]) == 1


def test_corpora_are_judged_apart_and_joined() -> None:
    first, second = made_predictions(VIDEOS, 1, "aff-wild2"), made_predictions(VIDEOS, 2, "fer2013")
    made = measured(first, second)
    both = made.summary(QUICK)
    for name, table in (("aff-wild2", first), ("fer2013", second)):
        alone = measured(table).summary(QUICK)
        assert both["corpora"][name]["faces"] == alone["faces"]
        assert both["corpora"][name]["intervals"] == alone["intervals"]["faces"]
    joined = made.joined("faces").tasks["valence_arousal"].accumulator
    assert both["faces"]["valence_ccc"] == pytest.approx(concordance(joined)[0])  # type: ignore[arg-type]
    judged = {(row["corpus"], row["metric"]) for row in both["default"]}
    assert ("fer2013", "expression_accuracy") in judged
    assert ("aff-wild2", "expression_macro_f1") in judged
    assert all(row["interval"] for row in both["default"])
    unknown = next(row for row in both["default"] if row["corpus"] == "fer2013" and row["output"] == "action_units")
    assert unknown["source"] == "not named for fer2013; as aff-wild2's"


def test_afew_is_judged_by_its_videos() -> None:
    """Whose draws are those of the videos' own right and wrong answers."""
    videos = {(f"v{number:02}", "main"): 3 for number in range(30)}
    found = measured(made_predictions(videos, 3, "afew"), made_predictions(videos, 4)).summary(
        BootstrapSettings(resamples=400)
    )
    row = next(row for row in found["default"] if row["corpus"] == "afew" and row["output"] == "expression")
    alone = measured(made_predictions(videos, 3, "afew")).summary(NONE)["video_expressions"]
    right, count = np.trace(alone["mean"]["confusion"]), alone["videos"]
    assert (row["of"], row["all_frames"]) == ("videos", None)
    assert row["faces"] == pytest.approx(right / count)
    share = row["faces"]
    spread = 2 * 1.96 * (share * (1 - share) / count) ** 0.5
    assert row["interval"][1] - row["interval"][0] == pytest.approx(spread, rel=0.2)
    assert row["interval"][0] < share < row["interval"][1]


def test_nothing_annotated_is_said() -> None:
    table = made_predictions(VIDEOS)
    labels = [name for name in table.schema.names if name in {"valence", "arousal", "expression"} or name[:2] == "AU"]
    for name in labels:
        place = table.schema.get_field_index(name)
        nothing = pa.nulls(table.num_rows, table.schema.field(name).type)
        table = table.set_column(place, table.schema.field(name), nothing)
    with pytest.raises(AffectError, match="none of the rows is annotated"):
        measured(table).summary()


@pytest.mark.parametrize(
    ("corpus", "zero_shot", "classes", "metric"),
    [
        ("raf-db-compound", "raf-db", RAFDB_COMPOUNDS, "compound_mean_diagonal"),
        ("raf-db-compound", None, RAFDB_COMPOUNDS, "compound_mean_diagonal"),
        ("emotionet-compound", "emotionet", EMOTIONET_COMPOUNDS, "compound_emotionet_score"),
        ("emotionet-compound", None, EMOTIONET_COMPOUNDS, "compound_emotionet_score"),
    ],
)
def test_compound_expressions(
    tmp_path: Path, corpus: str, zero_shot: Any, classes: tuple[str, ...], metric: str
) -> None:
    """Learned, or from the other outputs, as scikit-learn judges them from the file; judged as the corpus is."""
    spec = NetworkSpec(encoder="arc-res")
    if zero_shot is None:
        spec = NetworkSpec(encoder="arc-res", heads=("compound",), compounds=classes)
    table = made_predictions({(f"{number}", "main"): 1 for number in range(300)}, 0, corpus, spec)
    named = np.random.default_rng(1).choice([*classes, "hatred"], 300)
    basic = pa.array([name if name in EXPRESSIONS else None for name in named], pa.string())
    mixed = pa.array([name if name in COMPOUND_EXPRESSIONS else None for name in named], pa.string())
    for name, column in (("expression", basic), ("compound", mixed)):
        table = table.set_column(table.schema.get_field_index(name), name, column)
    pq.write_table(table, tmp_path / "predictions.parquet")
    made = Measures(Judging(network=spec, zero_shot=zero_shot))
    made.update(table)
    found = made.summary(NONE)
    frame = pd.read_parquet(tmp_path / "predictions.parquet")
    frame = frame[frame["face"]]
    truth = frame["compound"].fillna(frame["expression"])
    frame, truth = frame[truth.isin(classes)], truth[truth.isin(classes)]
    if zero_shot is None:
        guess = np.array(classes)[frame[[f"p_compound_{name}" for name in classes]].to_numpy().argmax(axis=1)]
    else:
        shares = action_unit_weights(classes, ACTION_UNITS, weighted=False)
        units = frame[[f"p_AU{unit}" for unit in ACTION_UNITS]].to_numpy().astype(float)
        scores = units @ (shares / shares.sum(axis=1, keepdims=True)).T
        for place, name in enumerate(classes):
            for part in COMPOUND_EMOTIONS.get(name, (name,)):
                scores[:, place] += frame[f"p_{part}"]
            if name in {"happily surprised", "happily disgusted", "happiness"}:
                scores[:, place] += frame["predicted_valence"] > 0
        guess = np.array(classes)[scores.argmax(axis=1)]
    macro, recall = f1_score(truth, guess, average="macro"), recall_score(truth, guess, average="macro")
    assert found["faces"]["compound_macro_f1"] == pytest.approx(macro)
    expected = recall if "raf" in corpus else (macro + recall) / 2
    row = next(row for row in found["default"] if row["output"] == "compound")
    assert (row["metric"], row["faces"]) == (metric, pytest.approx(expected))
    each = f1_score(truth, guess, labels=classes, average=None)
    assert [found["classes"]["compound"][name]["f1"] for name in classes] == pytest.approx(list(each))


def test_thresholds_of_the_model_and_the_default_beside_them(frame: pd.DataFrame) -> None:
    own = {"AU1": 0.3, "AU12": 0.7}
    made = Measures(Judging(network=SPEC, thresholds=own, thresholds_from="made"))
    made.update(made_predictions(VIDEOS))
    found = made.summary(NONE)
    rows = seen(frame, "faces")
    for name in map(action_unit_label, SPEC.action_units):
        known = rows.dropna(subset=[name])
        truth, said_ = known[name].astype(int), known[f"p_{name}"]
        assert found["faces"][f"{name}_f1"] == pytest.approx(f1_score(truth, said_ >= own.get(name, 0.5)))
        assert found["thresholds"]["at_default"]["faces"][f"{name}_f1"] == pytest.approx(f1_score(truth, said_ >= 0.5))
    assert found["thresholds"]["used"] == {"AU1": 0.3, "AU4": 0.5, "AU12": 0.7}
    assert found["thresholds"]["from"] == "made"
