"""Data with a known answer for reports, and what is read back from a page."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd

from affect.evaluation.seen import Seen, SeenPicture
from affect.metrics.plane import PlaneCounts
from affect.reports.run_report import TrainingRun
from affect.tuning.results import Sweep, Trial

SPACE = {
    "network.arcface.scale": {"kind": "uniform", "low": 32, "high": 64},
    "network.embedding": {"kind": "choice", "values": [32, 64, 128]},
    "optimiser.learning_rate": {"kind": "loguniform", "low": 1e-5, "high": 1e-4},
}


def made_sweep(finished: bool = True) -> Sweep:
    """Five trials: two finished, one stopped early, one failed, one waiting; ``t1`` wins."""
    sweep = Sweep(
        name="sample/arcface",
        uri="/runs/sweep",
        metric="score",
        mode="max",
        planned=5,
        config={"recipe": "sample/arcface", "space": SPACE, "trials": 5},
        data=[{"corpus": "sample", "fingerprint": "abc", "synthetic": True}],
        phase="finished" if finished else "searching",
        seconds=3725.0,
    )
    states = ["finished", "finished", "stopped early", "failed", "waiting"]
    for number, status in enumerate(states):
        parameters = {
            "network.arcface.scale": 33.123456789 + number,
            "network.embedding": [32, 64, 128, 32, 64][number],
            "optimiser.learning_rate": 1.2345678e-5 * (number + 1),
        }
        epochs = {"finished": 4, "stopped early": 2}.get(status, 0)
        curve = [
            {"epoch": float(e), "score": 0.1 * e + 0.05 * number, "train_loss": 1 / e} for e in range(1, epochs + 1)
        ]
        done = status == "finished"
        sweep.trials.append(
            Trial(
                f"t{number}",
                parameters,
                config={"recipe": "small", "seed": number},
                status=status,
                curve=curve,
                result=curve[-1]["score"] if done else None,
                seconds=10.0 * (number + 1) if status != "waiting" else 0.0,
                attempts=2 if status == "failed" else 1,
                reason="ValueError: <no> & never" if status == "failed" else "",
                trace="Traceback </script> here" if status == "failed" else "",
                model=f"/runs/sweep/trials/t{number}/model" if done else None,
            )
        )
    return sweep


def made_seen(**changes: object) -> Seen:
    """All that can be seen of a split, with three pictures."""
    plane = PlaneCounts()
    points = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    plane.update(points * 0.5, points)
    said = {"expression": "fear", "probability": 0.75, "valence": -0.5, "arousal": 0.25, "action_units": ["AU1", "AU4"]}
    labels = {"expression": "fear", "valence": -0.25, "arousal": 0.5, "action_units": ["AU1", "AU20"]}
    picture = SeenPicture(
        kind="right", group="fear", source="made/validation/v1", jpeg="AAAA", labels=labels, predictions=said
    )
    wrong = {"kind": "wrong", "group": "anger", "labels": {"expression": "anger"}}
    near = {"group": "valence and arousal", "labels": {"valence": -0.5, "arousal": 0.25}}
    known = {
        "split": "validation",
        "epoch": 3,
        "synthetic": True,
        "confusion": (np.diag([5, 6, 7, 0, 9, 10, 11]) + np.eye(7, k=1, dtype=np.int64)).tolist(),
        "plane_labels": plane.labels.tolist(),
        "plane_predictions": plane.predictions.tolist(),
        "action_units": {"AU1": (6, 2, 2, 90), "AU12": (0, 0, 0, 0)},
        "examples": (picture, picture.model_copy(update=wrong), picture.model_copy(update=near)),
    }
    return Seen.parse(known | changes)


def made_run(**changes: object) -> TrainingRun:
    """Three epochs with all that a run can have."""
    known = {
        "title": "MT-VGG",
        "uri": "/runs/mt-vgg",
        "history": pd.DataFrame(
            {
                "epoch": [1, 2, 3],
                "train_loss": [3.0, 2.0, 1.5],
                "rows": [400, 400, 400],
                "seconds": [4.0, 2.0, 2.0],
                "data_wait_share": [0.5, 0.0, 0.0],
                "passes_seconds": [1.0, 1.0, 1.0],
                "train_expression_loss": [1.0, 0.9, 0.8],
                "valence_ccc": [0.1, 0.2, 0.3],
                "arousal_ccc": [0.15, 0.25, 0.35],
                "score": [0.2, 0.3, 0.4],
            }
        ),
        "config": {"recipe": "mt-vgg", "network": {"encoder": "vgg-face", "width": 0.125}},
        "metrics": {
            "validation": {"valence_ccc": 0.3, "AU1_f1": 0.75, "AU12_f1": 0.25, "score": 0.4},
            "test": {"valence_ccc": 0.28, "AU1_f1": 0.7, "AU12_f1": 0.2, "score": 0.38},
        },
        "data": [{"corpus": "sample", "fingerprint": "abc123", "synthetic": True}],
        "steps": pd.DataFrame(
            {
                "step": [10, 20],
                "steps": 10,
                "epoch": 0,
                "learning_rate": [0.1, 0.2],
                "rows": 100,
                "seconds": [2.0, 1.0],
                "waited": [1.0, 0.1],
                "loss": [3.5, 2.5],
                "expression_loss": [1.0, 0.9],
            }
        ),
        "seen": made_seen(),
    }
    return TrainingRun(**(known | changes))


class Page(HTMLParser):
    """The tags, texts, tables and figures of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.texts: list[str] = []
        self.captions: list[str] = []
        self._open: list[str] = []
        self.figures: list[dict] = []
        self._figures = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._figures = dict(attrs).get("id") == "data-of-figures"
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            if self._figures:
                self.figures = json.loads(data)
            return
        if "td" in self._open or "th" in self._open:
            self.tables[-1][-1][-1] += data.strip()
        if self._open and self._open[-1] == "figcaption":
            self.captions.append(data.strip())
        if "style" not in self._open:
            self.texts.append(data.strip())

    def headings(self) -> list[str]:
        """Titles of the sections."""
        return [anchor for tag, attrs in self.tags if tag == "section" and (anchor := attrs.get("id"))]

    def addresses(self) -> list[str]:
        """Everything that a browser would load or go to."""
        names = ("src", "href", "action", "data", "poster", "srcset")
        found = [attrs[name] or "" for _, attrs in self.tags for name in names if name in attrs]
        return [address for address in found if not address.startswith("#")]


def styles(html: str) -> str:
    return "".join(re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL))
