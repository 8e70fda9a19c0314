"""What the server tells Ray's metrics."""

from affect.interface.answers import Looked
from jobs.metrics import FACES, PICTURES, REQUEST_SECONDS, REQUESTS, instrument


class Metrics:
    """A ``serve.observer.Observer`` that counts in Ray's metrics of this process."""

    def __init__(self) -> None:
        self.requests, self.seconds = instrument(REQUESTS), instrument(REQUEST_SECONDS)
        self.pictures, self.faces = instrument(PICTURES), instrument(FACES)

    def answered(self, route: str, status: int, code: str, seconds: float) -> None:
        self.requests.inc(1, {"route": route, "status": str(status), "code": code})
        self.seconds.observe(seconds, {"route": route})

    def recognised(self, answer: Looked) -> None:
        tags = {"model": answer["model"]["name"], "version": answer["model"]["version"]}
        self.pictures.inc(1, tags)
        if answer["faces"]:  # Ray's counters take no nought
            self.faces.inc(len(answer["faces"]), tags)
