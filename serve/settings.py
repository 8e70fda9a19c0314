"""What is served, with how much of the cluster, and what a request may ask of it."""

from pydantic import Field

from affect.configuration import Configuration


class Limits(Configuration):
    """The largest picture that is taken, and how many may wait."""

    bytes: int = Field(default=20_000_000, gt=0)
    pixels: int = Field(default=25_000_000, gt=0)
    queue: int = Field(default=200, gt=0)
    """Requests that wait for a free replica; one more is answered 503."""


class ServeSettings(Configuration):
    """Arguments of ``serve.app:app``."""

    store: str
    """The model store; every node must reach it under this URI."""
    name: str
    version: str | None = None
    """A version of the model; the current one where none is given."""
    limits: Limits = Limits()
    ingress_replicas: int = Field(default=1, ge=1)
    detector_replicas: int = Field(default=1, ge=1)
    model_replicas: int = Field(default=1, ge=1)
    cpus: float = Field(default=0.1, gt=0)
    """Logical CPUs that each replica reserves; small, so that serving fits beside other work."""
    gpus: float = Field(default=0, ge=0)
    """GPUs, or a share of one, for each replica of the model."""
    threads: int = Field(default=1, ge=1)
    """Threads that the detector and the network compute with, in each replica."""
