"""What is evaluated, and how."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from affect.configuration import Configuration

ZERO_SHOT = Literal["raf-db", "emotionet"]
"""Whose compound expressions are to follow from a network's other outputs."""


class BootstrapSettings(Configuration):
    """Confidence intervals from the videos drawn anew."""

    resamples: int = Field(default=1000, ge=0)
    """How many times; 0: no intervals."""
    level: float = Field(default=0.95, gt=0, lt=1)
    """The share of what was drawn that an interval covers."""
    seed: int = Field(default=0, ge=0)


class GroupSettings(Configuration):
    """Groups of people or pictures, each judged alone."""

    file: str = ""
    """A CSV or Parquet file: columns that name rows, and a column for each way to group them."""
    edges: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Where a column of numbers is cut, ascending: age: [18, 40] makes three groups."""
    quantiles: int = Field(default=3, ge=2)
    """Groups of equal size into which a column of numbers is cut that has no edges."""
    small: int = Field(default=20, ge=1)
    """A group of fewer videos and single pictures is marked as small."""

    @field_validator("edges")
    @classmethod
    def _ascend(cls, edges: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for column, values in edges.items():
            if not values or list(values) != sorted(set(values)):
                raise ValueError(f"edges of {column} must ascend, and be at least one, not {list(values)}")
        return edges


class EvaluationConfig(Configuration):
    """One evaluation of a model on the rows of a split."""

    changeable: ClassVar[frozenset[str]] = frozenset({"batch", "workers", "gpu", "threads"})

    model: str
    """URI of the model's folder."""
    name: str = ""
    """What it is called in its store, as name/version."""
    data: tuple[str, ...]
    """Folders written by the preprocess job."""
    split: str = "test"
    corpus: str = ""
    """Only this one of the corpora in the folders; all where it is empty."""
    batch: int = Field(default=256, ge=1)
    """Rows that the network is asked about at once; of networks that take sequences, about so many."""
    length: int | None = Field(default=None, ge=1)
    """Frames of a sequence; None: as trained."""
    max_gap: int | None = Field(default=None, ge=0)
    """So many frames without a face a sequence passes over; None: as trained."""
    carry: bool = False
    """Whether a recurrent network remembers from one sequence to the next of the same stretch of a video.

    The default asks it about sequences as long as those it was trained on, each from the beginning.
    """
    thresholds: Literal["f1"] | None = None
    """Find of each action unit the threshold with the highest F1, and leave a model that has them; on validation."""
    every_action_unit: bool = False
    """Judge on all action units that a corpus is annotated with, also where the papers judge on fewer of them."""
    zero_shot: ZERO_SHOT | None = None
    """Judge compound expressions of a model that was trained on none (FaceBehaviorNet, section 7.5)."""
    weighted: bool = False
    """Whether its action units count by the share of annotators who saw them, not alike."""
    groups: GroupSettings = GroupSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    workers: int | None = Field(default=None, ge=1)
    """Processes; None: one for each GPU, or for each CPU where there are none."""
    gpu: bool | Literal["auto"] = "auto"
    threads: int = Field(default=1, ge=1)
    """Of torch, in each worker on a CPU."""


class JoinConfig(Configuration):
    """Finished evaluations that are to be one."""

    runs: tuple[str, ...] = Field(min_length=2)
    """Their folders."""
    groups: GroupSettings = GroupSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
