"""What a sweep's hours cost."""

from pydantic import Field

from affect.configuration import Configuration


class Prices(Configuration):
    """Of what trials take of a cluster."""

    cpu_hour: float = Field(default=0.0, ge=0)
    gpu_hour: float = Field(default=0.0, ge=0)
    currency: str = "USD"
