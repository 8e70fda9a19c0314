"""Whether the interface lives, and whether it can do its work; asked by load balancers, so without a token."""

from fastapi import APIRouter

from affect.interface.answers import Alive, Ready
from serve.problems import ProblemError, problem_documentation
from serve.recognition import Recognition


def health(recognition: Recognition) -> APIRouter:
    """The routes for probes."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses=problem_documentation("internal"))
    async def alive() -> Alive:
        """Whether the interface itself answers."""
        return {"status": "ok"}

    @router.get("/readyz", responses=problem_documentation("internal", "not_ready"))
    async def ready() -> Ready:
        """Whether the detector and the models behind it answer too."""
        try:
            return {"status": "ok", "models": await recognition.ready()}
        except Exception as error:
            raise ProblemError("not_ready", "a part behind the interface does not answer", retry_after_s=1) from error

    return router
