"""The models that can be asked."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from affect.interface.answers import Models, RuntimeTaken, StoredModel
from affect.interface.problems import Code
from serve.card import card_page, card_policy
from serve.problems import problem_documentation
from serve.recognition import Recognition, chosen

_ERRORS: tuple[Code, ...] = ("unauthenticated", "origin_refused", "rate_exceeded", "internal")
_MARKDOWN, _HTML = "text/markdown", "text/html"
_CARD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The card, as HTML for whoever accepts it rather than Markdown.",
        "content": {_MARKDOWN: {"schema": {"type": "string"}}, _HTML: {"schema": {"type": "string"}}},
    }
}

Name = Annotated[str, Path(description="of a model that is served", max_length=64)]


def models(recognition: Recognition) -> APIRouter:
    """The routes that tell of models."""
    router = APIRouter(prefix="/v1/models", tags=["models"])

    @router.get("", responses=problem_documentation(*_ERRORS))
    async def all_models() -> Models:
        """The models that can be asked, what they give and what they were trained on."""
        runtimes = await recognition.runtimes()
        return {"models": [_computed(model, runtimes) for model in recognition.models()]}

    @router.get("/{name}", responses=problem_documentation(*_ERRORS, "model_unknown", "parameter_invalid"))
    async def one_model(name: Name) -> StoredModel:
        """One of them, with the versions that the store has."""
        model = chosen(recognition, name)
        return _computed(model, await recognition.runtimes())

    @router.get(
        "/{name}/card",
        responses=problem_documentation(*_ERRORS, "model_unknown", "parameter_invalid") | _CARD,
        response_class=Response,
    )
    async def card(name: Name, request: Request) -> Response:
        """Its model card: data, metrics, intended use, limits."""
        text = recognition.card(chosen(recognition, name)["name"])
        if _prefers_html(request.headers.get("accept", "")):
            page = card_page(name, text)
            return HTMLResponse(page, headers={"Content-Security-Policy": card_policy(), "Vary": "Accept"})
        return PlainTextResponse(text, media_type=_MARKDOWN, headers={"Vary": "Accept"})

    return router


def _computed(model: StoredModel, runtimes: Mapping[str, RuntimeTaken]) -> StoredModel:
    return {**model, "runtime": runtimes.get(model["name"])}


def _prefers_html(accept: str) -> bool:
    """Browsers name HTML and not Markdown; everybody else gets Markdown."""
    return _HTML in accept and _MARKDOWN not in accept
