"""Stretches of a video's time, (from, to) in seconds, and how much of a video they cover."""

from collections.abc import Iterable, Sequence

Span = tuple[float, float]


def joined(spans: Iterable[Sequence[float]], gap_s: float = 0.0) -> list[Span]:
    """``spans`` in order, those that overlap or are at most ``gap_s`` apart as one."""
    whole: list[Span] = []
    for start, end in sorted((float(start), float(end)) for start, end in spans):
        if whole and start <= whole[-1][1] + gap_s:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return whole


def share(spans: Iterable[Sequence[float]], length_s: float, gap_s: float) -> float:
    """The share in [0, 1] of a video of ``length_s`` that ``spans`` cover, gaps of ``gap_s`` and its ends forgiven."""
    whole = joined([(start, end) for start, end in spans if start <= length_s], gap_s)
    covered = 0.0
    for start, end in whole:
        first = 0.0 if start <= gap_s else start
        last = length_s if end >= length_s - gap_s else end
        covered += last - first
    return min(1.0, covered / length_s) if length_s > 0 else float(bool(whole))


def covers(spans: Iterable[Sequence[float]], length_s: float, gap_s: float) -> bool:
    """Whether nothing of a video is missing but gaps of ``gap_s``."""
    return share(spans, length_s, gap_s) >= 1.0 - 1e-9


def first_gap(spans: Iterable[Sequence[float]], gap_s: float) -> float:
    """Where what is covered from the beginning on ends, in seconds: there one goes on."""
    whole = joined(spans, gap_s)
    return whole[0][1] if whole and whole[0][0] <= gap_s else 0.0
