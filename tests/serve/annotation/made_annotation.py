"""The annotation tool before a made project, asked in this process."""

import json
from typing import Any

from fastapi.testclient import TestClient

from affect.annotation.recording.progress import Progress
from affect.annotation.recording.sessions import Batch
from serve.annotation.http import build_annotation_api
from serve.authentication import Tokens, _digest
from serve.settings import Access

TOKEN, OWNER = "t" * 32, "o" * 32


def asked(progress: Progress, *, tokens: bool = False) -> TestClient:
    """With ``tokens`` annotators and the owner have one each."""
    of = (TOKEN, OWNER) if tokens else ()
    held = [Tokens((_digest(token),)) for token in of] or [Tokens(()), Tokens(())]
    return TestClient(build_annotation_api(progress.project, Access(), *held), base_url="http://127.0.0.1")


def of(annotator: str, item: str, **more: str) -> dict[str, str]:
    return {"annotator": annotator, "item": item, **more}


def body(batch: Batch) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(batch.model_dump_json())
    return whole
