"""A model asked about every frame of files of pre-processed rows."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from affect import samples
from affect.ahead import Ahead
from affect.evaluation.passes import Asked, each_alone, one_after_another
from affect.evaluation.predictions import label_columns, nearest, outputs, schema
from affect.evaluation.settings import EvaluationConfig
from affect.models.files import ModelDescription
from affect.networks import Network
from affect.networks.inputs import to_device
from affect.networks.network import State
from affect.training.batches import Collate, Step
from affect.training.index import LABEL_COLUMNS, PLACE_COLUMNS, LabelIndex, index_files
from affect.training.reading import PASS_STEPS_PER_READ, step_table
from affect.training.settings import Augmentation, BatchSettings
from affect.training.windows import Single, Windows


class FramePredictor:
    """Asks a network about every frame that shows what it takes, in float32.

    Sequences are as long as those it was trained on, unless ``config`` says otherwise. Memory grows with the rows of
    the files given at once, by a few hundred bytes each; pictures are read and dropped step by step.
    """

    def __init__(
        self, network: Network, description: ModelDescription, config: EvaluationConfig, device: torch.device
    ) -> None:
        self.network = network.eval().float().to(device)
        self.spec = description.network
        self.device = device
        trained = BatchSettings.of_model(description.settings)
        self.length = config.length or trained.length
        self.max_gap = trained.max_gap if config.max_gap is None else config.max_gap
        self.carry, self.batch = config.carry, config.batch
        self.collate = Collate(self.spec.input_size, self.spec.takes, Augmentation(), seed=0)

    def __call__(self, files: Sequence[str]) -> pa.Table:
        """Predictions and labels of every row of ``files``, in their order: columns of predictions.schema.

        Where no face was found the prediction is the nearest of the same person in the video. Raises AffectError where
        rows hold what the network cannot take.
        """
        index, _, _ = index_files(files, self.spec, whole=True)
        firsts, rows = _all_rows(index)
        own = np.zeros(rows.num_rows, bool)
        values: dict[str, NDArray[np.float32]] = {}
        for places, predictions in self._predictions(index, firsts):
            own[places] = True
            for head, of_step in predictions.items():
                if head not in values:
                    values[head] = np.full((rows.num_rows, of_step.shape[1]), np.nan, np.float32)
                values[head][places] = of_step
        return self._joined(rows, own, values)

    def _predictions(
        self, index: LabelIndex, firsts: NDArray[np.int64]
    ) -> Iterator[tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]]:
        state: State = {}
        with Ahead(self._steps(index)) as steps:
            for asked, step in steps:
                with torch.inference_mode():
                    begins = (
                        {name: tensor[: asked.going_on] for name, tensor in state.items()} if asked.going_on else {}
                    )
                    answers, after = self.network.advance(to_device(step.inputs, self.spec, self.device), begins)
                    predictions = {name: tensor.cpu().numpy() for name, tensor in self.network.read(answers).items()}
                state = after if self.carry else {}
                yield firsts[asked.rows.rows.group] + asked.rows.rows.row, predictions

    def _steps(self, index: LabelIndex) -> Iterator[tuple[Asked, Step]]:
        plan = self._plan(index)
        while steps := list(islice(plan, PASS_STEPS_PER_READ)):
            table = step_table(index, [asked.rows for asked in steps], "test", 0)
            for number, asked in enumerate(steps):
                yield asked, self.collate(table.slice(number, 1))

    def _plan(self, index: LabelIndex) -> Iterator[Asked]:
        if not self.spec.sequential:
            return each_alone(Single(index), self.batch)
        windows = Windows(index, self.length, self.max_gap)
        side_by_side = max(1, self.batch // self.length)
        return (one_after_another if self.carry else each_alone)(windows, side_by_side)

    def _joined(self, rows: pa.Table, own: NDArray[np.bool_], values: dict[str, NDArray[np.float32]]) -> pa.Table:
        frames = rows["frame"].to_numpy()
        who = np.stack(
            [rows[name].dictionary_encode().combine_chunks().indices for name in ("corpus", "video", "person")]
        )
        tracks = np.cumsum(np.any(np.diff(who, axis=1, prepend=-1) != 0, axis=0))
        source = nearest(own, rows["time_s"].to_numpy(), tracks)
        without = source < 0
        columns: dict[str, Any] = {
            **{name: rows[name] for name in ("corpus", "split", "video", "subject", "person", "frame", "time_s")},
            "face": rows["success"],
            "predicted_from": pa.array(np.where(without, -1, frames[source]), pa.int32(), mask=without),
            **label_columns(rows),
        }
        for head, names in outputs(self.spec).items():
            given = values.get(head, np.full((len(own), len(names)), np.nan, np.float32))[source]
            columns |= {name: pa.array(column, mask=without) for name, column in zip(names, given.T, strict=True)}
        return pa.table(columns, schema=schema(self.spec))


def _all_rows(index: LabelIndex) -> tuple[NDArray[np.int64], pa.Table]:
    """Where each row group's rows begin in all of them, and the labels and places of all of them."""
    columns = ["corpus", "split", "subject", "time_s", *PLACE_COLUMNS, *LABEL_COLUMNS]
    tables = list(samples.read_faces(dict.fromkeys(file for file, _ in index.groups), columns))
    return np.cumsum([0, *(table.num_rows for table in tables)]), pa.concat_tables(tables)
