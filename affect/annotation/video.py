"""From all that annotators left of one video to its labels, and how far they agreed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.annotation.agreement import Agreement, correlation_matrix
from affect.annotation.decisions import Decisions
from affect.annotation.label_files import action_unit_file, expression_file, valence_arousal_file
from affect.annotation.landmarks import landmark_correlations
from affect.annotation.matching import match
from affect.annotation.selection import mean_of, most_correlated, reliability
from affect.annotation.settings import AnnotationSettings
from affect.annotation.smoothing import PAPER_SIZES, median_filter
from affect.annotation.traces import BY_FRAME, Trace
from affect.annotation.unanimous import agreed_action_units, agreed_expressions
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, NO_ACTION_UNIT, NO_EXPRESSION, VALENCE_AROUSAL

DRAWN = 400
"""Points of a trace that a report draws."""


@dataclass
class Annotated:
    """What became of one video: ``files`` are label files by kind (va, expr, au), ``set_aside`` what was not used.

    ``dimensions`` and ``by_frame`` say, fit for JSON, who annotated what and how far they agreed.
    """

    files: dict[str, str] = field(default_factory=dict)
    dimensions: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_frame: dict[str, dict[str, Any]] = field(default_factory=dict)
    set_aside: list[tuple[str, str]] = field(default_factory=list)


def annotate(
    traces: Mapping[str, Sequence[Trace]],
    labels: Mapping[str, Sequence[NDArray[np.int8]]],
    times: NDArray[np.float64],
    settings: AnnotationSettings,
    landmarks: NDArray[np.float64] | None = None,
    decisions: Decisions = Decisions(),  # noqa: B008  # frozen
) -> Annotated:
    """Labels from ``traces`` by dimension and from annotators' ``labels`` by what BY_FRAME names.

    ``times`` (frames,) are the frames' time stamps in seconds; ``landmarks`` (frames, 68, 2) are only looked at to
    choose by them. ``decisions`` of the corpus' owner go before the settings. What cannot be made is set aside with the
    reason, the rest is made.
    """
    made = Annotated()
    means = {}
    valid = decisions.valid(times)
    for dimension, of_dimension in traces.items():
        try:
            means[dimension], made.dimensions[dimension] = _dimension(
                of_dimension, times, settings, landmarks, decisions.chosen.get(dimension, ()), valid
            )
        except AffectError as error:
            made.set_aside.append((dimension, str(error)))
    missing = [name for name in VALENCE_AROUSAL if name not in means]
    if not missing:
        made.files["va"] = valence_arousal_file(means["valence"], means["arousal"])
    elif len(missing) == 1:
        made.set_aside.append(("valence, arousal", f"there is no usable {missing[0]}; both are needed for a label"))
    for name, annotators in labels.items():
        try:
            made.files[BY_FRAME[name]], made.by_frame[name] = _by_frame(name, annotators, settings, valid)
        except AffectError as error:
            made.set_aside.append((name, str(error)))
    return made


def regular_times(traces: Mapping[str, Sequence[Trace]], rate: float) -> NDArray[np.float64]:
    """Time stamps of frames at ``rate`` a second from 0 to the last time stamp of any trace."""
    last = max((float(trace.times[-1]) for of_one in traces.values() for trace in of_one), default=-1.0)
    frames: NDArray[np.float64] = np.arange(math.floor(last * rate + 1e-6) + 1) / rate
    return frames


def _dimension(
    traces: Sequence[Trace],
    times: NDArray[np.float64],
    settings: AnnotationSettings,
    landmarks: NDArray[np.float64] | None,
    chosen: Sequence[str],
    valid: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    names = [trace.annotator for trace in traces]
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        raise AffectError(f"{unknown[0]} is chosen and has no usable trace; choose others in chosen.csv")
    raw = np.array([match(trace, times, settings.reach_s, settings.delay_s) for trace in traces])
    raw[:, ~valid] = np.nan  # before the filter, which then takes nothing from an invalid stretch
    sizes = sorted({1, settings.median_filter, *PAPER_SIZES})
    smooth = {size: np.array([median_filter(row, size) for row in raw]) for size in sizes}
    columns = smooth[settings.median_filter]
    correlations = correlation_matrix(columns)
    about: dict[str, Any] = {}
    if chosen:
        kept: tuple[int, ...] = tuple(names.index(name) for name in dict.fromkeys(chosen))
        about["chosen_by_owner"] = True
    elif settings.choose == "landmarks":
        if landmarks is None:
            raise AffectError("there are no landmarks to choose by; give --faces, a folder that preprocess wrote")
        by_landmarks = landmark_correlations(columns, landmarks)
        kept = (int(np.argmax(by_landmarks)),)
        about["landmark_correlations"] = by_landmarks.tolist()
    elif settings.choose == "all":
        kept = most_correlated(correlations, max(settings.least_annotators, len(traces)), len(traces))
    else:
        kept = most_correlated(correlations, settings.least_annotators, settings.most_annotators)
    mean = mean_of(columns, kept)
    step = max(1, math.ceil(len(times) / DRAWN))
    pairs = correlations[np.triu_indices(len(names), 1)]
    reliable = reliability(correlations, kept)
    return mean, about | {
        "annotators": names,
        "kept": [names[index] for index in kept],
        "frames": len(times),
        "labelled": int(np.isfinite(mean).sum()),
        "correlation": float(np.nanmean(pairs)) if np.isfinite(pairs).any() else None,
        "reliability": float(reliable) if np.isfinite(reliable) else None,
        "agreement": {str(size): Agreement().add(dict(zip(names, of_size, strict=True))).state()
                      for size, of_size in smooth.items()},
        "drawn": {
            "frames": list(range(0, len(times), step)),
            "annotators": {name: _short(column[::step]) for name, column in zip(names, columns, strict=True)},
            "mean": _short(mean[::step]),
        },
    }  # fmt: skip


def _by_frame(
    name: str, annotators: Sequence[NDArray[np.int8]], settings: AnnotationSettings, valid: NDArray[np.bool_]
) -> tuple[str, dict[str, Any]]:
    annotators = [_without_invalid(labels, valid) for labels in annotators]
    kept: NDArray[np.bool_]
    asked: list[Any]
    if name == "expression":
        agreed = agreed_expressions(annotators)
        text, kept, asked = expression_file(agreed), agreed >= 0, [labels >= 0 for labels in annotators]
    else:
        agreed = agreed_action_units(annotators, settings.whole_frames)
        used = [any(bool((labels[:, column] >= 0).any()) for labels in annotators) for column in range(agreed.shape[1])]
        if not any(used):
            raise AffectError("no annotator gave any action unit; delete the files or annotate them")
        text = action_unit_file(agreed, [unit for unit, known in zip(ACTION_UNITS, used, strict=True) if known])
        kept, asked = np.any(agreed >= 0, axis=1), [np.any(labels >= 0, axis=1) for labels in annotators]
    annotated = np.zeros(len(agreed), bool)
    for known in asked:
        annotated[: len(known)] |= known
    about = {"annotators": len(annotators), "frames": int(annotated.sum()), "agreed": int(kept.sum())}
    return text, about


def _without_invalid(labels: NDArray[np.int8], valid: NDArray[np.bool_]) -> NDArray[np.int8]:
    """``labels`` (frames, ...) with -1 in frames that are not ``valid``, which is empty where nothing is invalid."""
    left = labels.copy()
    left[: len(valid)][~valid[: len(labels)]] = NO_EXPRESSION if labels.ndim == 1 else NO_ACTION_UNIT
    return left


def _short(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(value), 4) if np.isfinite(value) else None for value in values]
