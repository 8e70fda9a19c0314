"""How often to say how far a long job is, and how to say how long it takes."""

SHORTEST_S, LONGEST_S = 5.0, 300.0


def between_lines(elapsed_s: float, shortest_s: float = SHORTEST_S) -> float:
    """Seconds until the next line: a fiftieth of the time since the start, within five seconds and five minutes."""
    return max(shortest_s, min(LONGEST_S, elapsed_s / 50))


def duration(seconds: float) -> str:
    """Hours, however many, minutes and seconds: 00:02:10."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"
