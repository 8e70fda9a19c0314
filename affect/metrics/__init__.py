"""How good predictions are: streaming, and the same however a corpus is split over workers."""

from affect.metrics.frame import FrameMetrics

__all__ = ["FrameMetrics"]
