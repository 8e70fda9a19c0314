"""Answers as CSV in the columns of OpenFace 2 (Baltrusaitis et al., 2018), for the tools that read those."""

import csv
import io
from collections.abc import Sequence

from affect.labels import EXPRESSIONS, action_unit_label
from affect.models.answer import Face, FrameAnswer, Prediction
from affect.networks.spec import NetworkSpec

_POINTS = range(68)


class OpenFaceCsv:
    """Lines of CSV for answers of a network: ``header`` once, then ``rows`` of each answer as it comes.

    frame (from 1 on, as OpenFace counts), face_id, timestamp in seconds, confidence (the detector's score) and success;
    x_0 to x_67 and y_0 to y_67 in pixels where 68 landmarks are answered; AUxx_c, 1 where an action unit is active by
    the model's threshold and else 0. There is no AUxx_r: OpenFace's is an intensity from 0 to 5, which a probability
    is not. After OpenFace's columns come those it has not: AUxx_p, the probability itself; valence, arousal, expression
    and p_ of each; compound and p_compound_ of each. Only what the network outputs has columns.

    A frame without a face is one line with success 0, confidence 0 and nothing else, as is one of sound but for what
    is said of it.
    """

    def __init__(self, network: NetworkSpec, *, landmarks68: bool = False) -> None:
        self.network = network
        self.landmarks68 = landmarks68 or network.landmarks
        heads = network.heads
        self._units = network.action_units if "action_units" in heads else ()
        compounds = network.compounds if "compound" in heads else ()
        self.columns: tuple[str, ...] = (
            *("frame", "face_id", "timestamp", "confidence", "success"),
            *(f"{axis}_{point}" for axis in "xy" if self.landmarks68 for point in _POINTS),
            *(f"AU{unit:02d}_c" for unit in self._units),
            *(f"AU{unit:02d}_p" for unit in self._units),
            *(("valence", "arousal") if "valence_arousal" in heads else ()),
            *(("expression", *(f"p_{name}" for name in EXPRESSIONS)) if "expression" in heads else ()),
            *(("compound", *(f"p_compound_{name}" for name in compounds)) if compounds else ()),
        )
        """The names of the columns, in order."""

    def header(self) -> str:
        return _line(self.columns)

    def rows(self, answer: FrameAnswer) -> str:
        """The lines of one answer."""
        begin: dict[str, object] = {"frame": answer["frame"] + 1, "timestamp": answer["time_s"]}
        lost = {"confidence": 0, "success": 0}
        if not answer["faces"]:
            rows = [begin | lost | self._said(answer.get("sound", {}))]
        else:
            rows = [begin | self._face(face) for face in answer["faces"]]
        return "".join(_line([row.get(name, "") for name in self.columns]) for row in rows)

    def _face(self, face: Face) -> dict[str, object]:
        row: dict[str, object] = {"face_id": face["track_id"], "confidence": face["score"], "success": 1}
        for point, (x, y) in enumerate(face.get("landmarks68", ())):
            row |= {f"x_{point}": x, f"y_{point}": y}
        return row | self._said(face)

    def _said(self, said: Prediction) -> dict[str, object]:
        row: dict[str, object] = {}
        if "valence" in said:
            row = {"valence": said["valence"], "arousal": said["arousal"]}
        for unit in self._units if "action_units" in said else ():
            name = action_unit_label(unit)
            active = name in said["active_action_units"]
            row |= {f"AU{unit:02d}_c": int(active), f"AU{unit:02d}_p": said["action_units"][name]}
        if "expression" in said:
            row |= {"expression": _likeliest(said["expression"])}
            row |= {f"p_{name}": value for name, value in said["expression"].items()}
        if "compound" in said:
            row |= {"compound": _likeliest(said["compound"])}
            row |= {f"p_compound_{name}": value for name, value in said["compound"].items()}
        return row


def _likeliest(probabilities: dict[str, float]) -> str:
    return max(probabilities, key=lambda name: probabilities[name])


def _line(values: Sequence[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(values)
    return stream.getvalue()
