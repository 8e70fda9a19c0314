"""What is served, with how much of the cluster, who may ask, and what a request may ask of it."""

import re
from typing import Annotated, Literal, NamedTuple, Self

import limits
from pydantic import Field, IPvAnyNetwork, field_validator, model_validator

from affect.configuration import Configuration
from affect.errors import AffectError
from affect.models.choosing import Wanted
from affect.models.runtimes import RUNTIMES
from affect.registry import look_up
from serve.location import Location


class Limits(Configuration):
    """The largest request that is taken, how many may wait, and for how long."""

    bytes: int = Field(default=20_000_000, gt=0)
    """Of one picture."""
    pixels: int = Field(default=25_000_000, gt=0)
    """Of one picture."""
    pictures: int = Field(default=32, gt=0)
    """In one call."""
    batch_bytes: int = Field(default=100_000_000, gt=0)
    """Of all pictures of one call."""
    queue: int = Field(default=100, gt=0)
    """Requests that each replica of the interface holds; one more is answered 503."""
    at_once: int = Field(default=32, gt=0)
    """Of these, pictures that are with the detector or the model; the others wait for them."""
    body_s: float = Field(default=20, gt=0)
    """Seconds in which a body must arrive."""
    request_s: float = Field(default=30, gt=0)
    """Seconds from there to the answer, and of a video to each next one."""
    videos: int = Field(default=4, gt=0)
    """Videos and sounds that each replica of the interface watches at once."""
    video_bytes: int = Field(default=200_000_000, gt=0)
    """Of a video or a sound."""
    video_s: float = Field(default=600, gt=0)
    """Seconds that a video or a sound lasts."""
    video_pixels: int = Field(default=9_000_000, gt=0)
    """Of one picture of a video."""
    video_body_s: float = Field(default=300, gt=0)
    """Seconds in which a video must arrive."""
    watch_s: float = Field(default=3600, gt=0)
    """Seconds in which a video must have been answered, and the answer been read."""
    live: int = Field(default=8, gt=0)
    """Live streams that each replica of the interface has open."""
    live_idle_s: float = Field(default=30, gt=0)
    """Seconds without a frame after which a live stream ends."""


class Access(Configuration):
    """Who may ask, and how often."""

    token_file: str | None = None
    """A file of bearer tokens, one a line; beside it the variable AFFECT_SERVE_TOKEN may hold some."""
    rate: str | None = None
    """Requests of one client, as in 600/minute or 10/second; no limit where none is given."""
    rate_storage: str = "async+memory://"
    """Where requests are counted, as the package limits names it; in memory each replica counts for itself."""
    origins: tuple[str, ...] = ()
    """Web pages of other origins that may ask, as in https://example.org; none by default."""
    hosts: tuple[str, ...] = ()
    """Names, as a proxy's, by which a server that asks for no token may be asked, besides this machine's own."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    @field_validator("rate")
    @classmethod
    def _can_be_read(cls, value: str | None) -> str | None:
        if value is not None:
            limits.parse(value)
        return value


class Sources(Configuration):
    """From where a video or a sound may be fetched that a request names by its URI; from nowhere by default."""

    allowed: tuple[str, ...] = ()
    """https://HOST/PATH, http://HOST/PATH or s3://BUCKET/KEY each: all that lies below may be named."""
    networks: tuple[IPvAnyNetwork, ...] = ()
    """Addresses that are connected to although they are not public, as in 10.1.0.0/16 of a store within."""

    @field_validator("allowed")
    @classmethod
    def _can_be_compared(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for prefix in value:
            Location.of_prefix(prefix)
        return value


class AnnotationPlace(Configuration):
    """The annotation tool as a part of the application."""

    videos: str
    """The folder of videos; local or s3://, under this URI on every node."""
    project: str
    """The folder of guidelines, recordings and export."""
    owner_token_file: str | None = None
    """A file of the owner's tokens; beside it the variable AFFECT_ANNOTATION_OWNER_TOKEN may hold some."""


class Choice(NamedTuple):
    """A name of the store; without a version the current one."""

    name: str
    version: str | None


_CHOICE = re.compile(r"([a-z0-9][a-z0-9._-]{0,63})(?:@(\d{1,8}))?")


class ServeSettings(Configuration):
    """Arguments of ``serve.app:app``."""

    store: str
    """The model store; every node must reach it under this URI."""
    models: Annotated[tuple[str, ...], Field(min_length=1)]
    """NAME or NAME@VERSION each; the first answers where a request names none."""
    follow_s: float | None = Field(default=None, ge=1)
    """Look for promoted versions of names without one each so many seconds, and go over to them."""
    held: int | None = Field(default=None, ge=1)
    """Models that a replica holds in memory, the least recently asked one making room; all of them and one more by
    default, so that none is loaded twice."""
    limits: Limits = Limits()
    access: Access = Access()
    sources: Sources = Sources()
    annotation: AnnotationPlace | None = None
    """The annotation tool at /annotate, where it is given."""
    ingress_replicas: int = Field(default=1, ge=1)
    detector_replicas: int = Field(default=1, ge=0)
    """With none the interface finds faces itself, which saves some milliseconds a picture; it then takes the cores."""
    model_replicas: int = Field(default=1, ge=1)
    cpus: float = Field(default=0.1, gt=0)
    """Logical CPUs that each replica reserves; small, so that serving fits beside other work."""
    gpus: float = Field(default=0, ge=0)
    """GPUs, or a share of one, for each replica of the model."""
    threads: int = Field(default=1, ge=1)
    """Threads that the detector and the network compute with, in each replica."""
    runtime: str = "auto"
    """What computes the networks, one of affect.models.runtimes; auto: the fastest, measured when a replica starts."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """In float32 answers equal those of an evaluation to 1e-3, in bfloat16 to 2e-2; auto: the faster of both."""
    measure_s: float = Field(default=4, gt=0)
    """Seconds that auto may measure for each model; what takes longer to be prepared is not tried."""

    @field_validator("runtime")
    @classmethod
    def _is_there(cls, value: str) -> str:
        try:
            look_up({"auto": None, **RUNTIMES}, value, "runtime")
        except AffectError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("models", mode="before")
    @classmethod
    def _one_alone(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> Self:
        wrong = [model for model in self.models if not _CHOICE.fullmatch(model)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not NAME or NAME@VERSION")
        names = [choice.name for choice in self.choices]
        if len(set(names)) < len(names):
            raise ValueError("a name stands twice; two versions of one model need two names")
        if self.annotation is not None and self.ingress_replicas > 1:
            raise ValueError(
                "the annotation tool keeps its files from one replica of the interface: ingress_replicas=1"
            )
        return self

    @property
    def choices(self) -> tuple[Choice, ...]:
        matches = filter(None, map(_CHOICE.fullmatch, self.models))
        return tuple(Choice(match[1], match[2] and match[2].zfill(4)) for match in matches)

    @property
    def room(self) -> int:
        """Models that a replica may hold."""
        return self.held or len(self.models) + 1

    def wanted(self, batch: int) -> Wanted:
        """What may compute a network that is asked about up to ``batch`` pictures at once."""
        return Wanted(self.runtime, self.precision, self.measure_s, batch)
