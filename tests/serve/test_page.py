"""The page: whole, closed to other hosts, and nothing but its own files."""

import re
from pathlib import Path

import pytest

import serve
from serve.authentication import Tokens, _digest
from serve.routes.page import FILES
from tests.serve.made_recognition import asked, made_api

FOLDER = Path(serve.__file__).parent / "page"


def test_the_page_needs_no_token_and_lets_the_browser_ask_nobody_else() -> None:
    with asked(made_api(tokens=Tokens((_digest("a" * 32),)))) as client:
        answer = client.get("/")
        policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["permissions-policy"].startswith("camera=(self)")
        assert answer.headers["content-type"].startswith("text/html")
        for name in re.findall(r'(?:href|src)="(page/[^"]+)"', answer.text):
            assert client.get(f"/{name}").status_code == 200


def test_every_part_is_served_and_every_import_is_a_part() -> None:
    assert set(FILES) == {path.name for path in FOLDER.iterdir()}
    with asked(made_api()) as client:
        for name, media_type in FILES.items():
            answer = client.get(f"/page/{name}")
            assert answer.content == (FOLDER / name).read_bytes()
            assert answer.headers["content-type"].startswith(media_type)
            assert set(re.findall(r'from "\./([^"]+)"', answer.text)) <= set(FILES)


@pytest.mark.parametrize("name", ["../http.py", "..%2fhttp.py", "http.py", "%00", "x" * 300])
def test_nothing_else_is_served(name: str) -> None:
    with asked(made_api()) as client:
        assert client.get(f"/page/{name}").status_code in {404, 422}
