"""What training minimises: one loss per file, each a loss of the global batch."""

from affect.objectives.multitask import MultiTask
from affect.objectives.settings import ObjectiveSettings
from affect.objectives.world import global_sum

__all__ = ["MultiTask", "ObjectiveSettings", "global_sum"]
