"""The tool as a part of the application that serves models."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from affect.errors import AffectError
from serve.annotation.http import AnnotationTool
from serve.authentication import Tokens, _digest
from serve.settings import ServeSettings
from tests.annotation.recording.made_project import made_project
from tests.serve.annotation.made_annotation import OWNER, TOKEN
from tests.serve.made_recognition import made_api


def test_models_and_annotation_side_by_side(tmp_path: Path) -> None:
    tool = AnnotationTool(made_project(tmp_path, ("one",)).project, Tokens((_digest(OWNER),)))
    api = made_api(tokens=Tokens((_digest(TOKEN),)), annotation=tool)
    with TestClient(api, base_url="http://127.0.0.1") as client:
        assert "What a model sees" in client.get("/").text
        assert "annotate.js" in client.get("/annotate").text
        for token, status in ((TOKEN, 403), (OWNER, 200)):
            headers = {"Authorization": f"Bearer {token}"}
            assert client.get("/v1/models", headers=headers).status_code == 200
            assert client.get("/v1/annotation/items?annotator=Ann&kind=arousal", headers=headers).status_code == 200
            assert client.get("/v1/annotation/owner", headers=headers).status_code == status
        assert client.get("/v1/annotation").status_code == 401
    with TestClient(made_api(), base_url="http://127.0.0.1") as client:
        assert client.get("/annotate").status_code == client.get("/v1/annotation").status_code == 404


def test_one_replica_keeps_the_files() -> None:
    place = {"videos": "v", "project": "p"}
    settings = {"store": "s", "models": ["faces"], "annotation": place}
    assert ServeSettings.parse(settings).annotation
    with pytest.raises(AffectError, match="ingress_replicas=1"):
        ServeSettings.parse(settings | {"ingress_replicas": 2})
