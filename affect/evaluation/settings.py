"""What is evaluated, and how."""

from typing import ClassVar, Literal

from pydantic import Field

from affect.configuration import Configuration


class BootstrapSettings(Configuration):
    """Confidence intervals from the videos drawn anew."""

    resamples: int = Field(default=1000, ge=0)
    """How many times; 0: no intervals."""
    level: float = Field(default=0.95, gt=0, lt=1)
    """The share of what was drawn that an interval covers."""
    seed: int = Field(default=0, ge=0)


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
    bootstrap: BootstrapSettings = BootstrapSettings()
    workers: int | None = Field(default=None, ge=1)
    """Processes; None: one for each GPU, or for each CPU where there are none."""
    gpu: bool | Literal["auto"] = "auto"
    threads: int = Field(default=1, ge=1)
    """Of torch, in each worker on a CPU."""
