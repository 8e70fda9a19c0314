"""The tool's pages: whole, closed to other hosts, and nothing but their own files."""

import re
from pathlib import Path

import pytest

import serve
from affect.errors import AffectError
from serve.annotation.http import FILES, OWNER_VARIABLE, read_owners
from serve.authentication import Tokens, _digest
from tests.annotation.recording.made_project import made_project
from tests.serve.annotation.made_annotation import asked

FOLDER = Path(serve.__file__).parent / "annotation_page"


def test_every_part_is_served_without_a_token_and_asks_nobody_else(tmp_path: Path) -> None:
    assert set(FILES) == {path.name for path in FOLDER.iterdir()}
    with asked(made_project(tmp_path, ("one",)), tokens=True) as client:
        assert client.get("/").url.path == "/annotate"
        for address in ("/annotate", "/annotate-owner"):
            answer = client.get(address)
            assert "unsafe" not in answer.headers["content-security-policy"]
            for part in re.findall(r'(?:href|src)="([^":,#]+/[^"]+)"', answer.text):
                assert client.get(f"/{part}").status_code == 200
        for name in FILES:
            text = client.get(f"/annotation_page/{name}").text
            assert text == (FOLDER / name).read_text()
            assert not re.search("(?:https?|wss?)://", text)
            for part in re.findall(r'from "\./([^"]+)"', text):
                assert part in FILES


def test_an_owners_token_alone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "owner").write_text("o" * 32)
    with pytest.raises(AffectError, match="none for annotators"):
        read_owners(Tokens(()), str(tmp_path / "owner"))
    tokens = Tokens((_digest("t" * 32),))
    assert read_owners(tokens, str(tmp_path / "owner")).holder("o" * 32)
    monkeypatch.setenv(OWNER_VARIABLE, "p" * 32)
    assert read_owners(tokens, None).holder("p" * 32)
    assert not read_owners(tokens, None).holder("o" * 32)
