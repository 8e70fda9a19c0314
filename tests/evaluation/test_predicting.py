"""Every frame is asked about once, in windows as trained or remembering; gaps take the nearest."""

from typing import Any

import numpy as np
import pytest
import torch

from affect import samples
from affect.errors import AffectError
from affect.evaluation.predicting import FramePredictor
from affect.evaluation.predictions import predicted, targets
from affect.evaluation.settings import EvaluationConfig
from affect.labels import EXPRESSIONS
from affect.metrics import FrameMetrics
from affect.models.files import ModelDescription
from affect.networks import build
from affect.networks.inputs import to_device
from affect.networks.spec import NetworkSpec, Recurrent
from affect.training.batches import Collate
from affect.training.plan import PassPlan
from affect.training.reading import step_table
from affect.training.settings import Augmentation, BatchSettings, TrainConfig
from affect.training.windows import items_of
from tests.made_rows import write_rows

FORM: dict[str, Any] = {"encoder": "arc-res", "input_size": 32, "width": 0.125, "dropout": 0.0, "embedding": 16}
NETWORKS = {
    "CNN": NetworkSpec(**FORM),
    "CNN-RNN": NetworkSpec(**FORM, recurrent=Recurrent(units=64), landmarks=True),
    "audio-visual": NetworkSpec(**FORM, streams=("image", "sound"), fusion=Recurrent(units=64), recurrent=Recurrent()),
}
FRAMES, VIDEOS = 40, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"test": VIDEOS}, frames=FRAMES, landmarks68=True, sound_columns=32)
    return folder


def description(spec: NetworkSpec, folder: str) -> ModelDescription:
    files = samples.list_faces(folder)
    return ModelDescription(
        network=spec,
        preprocessing=samples.details_of(files[0])["settings"],
        recipe="test",
        settings={"batch": {"length": 7, "max_gap": 15}},
        data=(),
        metrics={},
    )


def predictor(spec: NetworkSpec, folder: str, **changes: Any) -> FramePredictor:
    torch.manual_seed(0)
    config = EvaluationConfig(model="", data=(folder,), batch=50, **changes)
    return FramePredictor(build(spec), description(spec, folder), config, torch.device("cpu"))


@pytest.mark.parametrize("name", NETWORKS)
def test_metrics_are_those_of_the_pass_that_training_makes(folder: str, name: str) -> None:
    spec = NETWORKS[name]
    made = predictor(spec, folder)
    table = made(samples.list_faces(folder))
    assert table.num_rows == FRAMES * VIDEOS
    own = table["predicted_from"].to_numpy() == table["frame"].to_numpy()
    assert own.tolist() == table["face"].to_pylist()
    mine = FrameMetrics(spec)
    mine.update(
        {head: values[own] for head, values in predicted(table, spec).items()},
        {head: values[own] for head, values in targets(table).items()},
    )
    batch = BatchSettings(length=7)
    items = items_of(TrainConfig(recipe="", data=(folder,), network=spec, batch=batch), "test")
    theirs, collate = FrameMetrics(spec), Collate(32, spec.takes, Augmentation(), 0)
    for rows in PassPlan(items, 4).steps(0, 1):
        step = collate(step_table(items.index, [rows], "test", 0))
        with torch.inference_mode():
            theirs.update(made.network.predict(to_device(step.inputs, spec, torch.device("cpu"))), step.targets)
    assert mine.compute() == pytest.approx(theirs.compute(), abs=1e-5)


def test_labels_are_those_of_the_rows(folder: str) -> None:
    files = samples.list_faces(folder)
    table = predictor(NETWORKS["CNN"], folder)(files).to_pylist()
    rows = [row for part in samples.read_faces(files) for row in part.to_pylist()]
    for said, row in zip(table, rows, strict=True):
        assert (said["video"], said["frame"], said["time_s"]) == (row["video"], row["frame"], row["time_s"])
        assert said["valence"] == row["valence"]
        assert said["expression"] == (None if row["expression"] is None else EXPRESSIONS[row["expression"]])
        assert (said["AU12"], said["AU9"]) == ((row["au"] or [None] * 17)[8], None)


def test_a_frame_without_a_face_takes_the_nearest(folder: str) -> None:
    rows = predictor(NETWORKS["CNN"], folder)(samples.list_faces(folder)).to_pylist()
    gaps = [row for row in rows if not row["face"]]
    assert gaps
    for row in gaps:
        shown = [other for other in rows if other["video"] == row["video"] and other["face"]]
        near = min(shown, key=lambda other: (abs(other["frame"] - row["frame"]), other["frame"]))
        assert row["predicted_from"] == near["frame"]
        assert row["p_happiness"] == near["p_happiness"]


@pytest.mark.parametrize("name", ["CNN-RNN", "audio-visual"])
@pytest.mark.parametrize("batch", [7, 50])
def test_carried_on_windows_are_one_long_sequence(folder: str, name: str, batch: int) -> None:
    """Whatever the windows' length and however many videos side by side; without it each window begins anew."""
    files = samples.list_faces(folder)
    spec = NETWORKS[name]
    whole = predicted(predictor(spec, folder, length=1000)(files), spec)["valence_arousal"]
    carried = predictor(spec, folder, carry=True)
    carried.batch = batch
    assert np.allclose(predicted(carried(files), spec)["valence_arousal"], whole, atol=1e-5, equal_nan=True)
    apart = predicted(predictor(spec, folder)(files), spec)["valence_arousal"]
    assert not np.allclose(apart, whole, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("carry", [False, True])
def test_no_video_says_anything_about_another(folder: str, carry: bool) -> None:
    """Hidden state never crosses from one video to the next."""
    files, spec = samples.list_faces(folder), NETWORKS["CNN-RNN"]
    made = predictor(spec, folder, carry=carry)
    together = predicted(made(files), spec)["expression"]
    alone = np.concatenate([predicted(made([file]), spec)["expression"] for file in files])
    assert np.allclose(together, alone, atol=1e-6)


def test_crops_of_another_size_are_refused(folder: str) -> None:
    made = predictor(NETWORKS["CNN"], folder)
    made.collate.size = 48
    with pytest.raises(AffectError, match="alignment.size=48"):
        made(samples.list_faces(folder))
