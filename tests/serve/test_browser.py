"""The page in a real browser, before real parts: a picture, a video, the camera, on a desktop and on a phone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import skimage.data

from affect.labels import ACTION_UNIT_NAMES, EXPRESSIONS
from affect.models.asking import Asker
from affect.models.files import load_model
from affect.models.shipped import find_model
from serve.authentication import Tokens, _digest
from serve.settings import Limits
from tests.browser import a_browser
from tests.made_media import make_video
from tests.made_pictures import encode
from tests.serve.local_recognition import LocalRecognition
from tests.serve.made_recognition import made_api
from tests.serve.serving import serving
from tests.watching.made_watching import pictures

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

TOKEN = "t" * 32
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}
PATIENCE_MS = 120_000


@contextmanager
def served(recognition: LocalRecognition) -> Iterator[str]:
    """The address of the interface on a thread of this process."""
    api = made_api(recognition, limits=Limits(), tokens=Tokens((_digest(TOKEN),)))
    with serving(api, log_level="warning") as url:
        yield url


@pytest.fixture(scope="module")
def url(local: LocalRecognition) -> Iterator[str]:
    with served(
        LocalRecognition({name: local.askers[name] for name in ("pictures", "sequences")}, local.detector)
    ) as at:
        yield at


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, a clip, and what the camera shows."""
    folder = tmp_path_factory.mktemp("looked-at")
    (folder / "portrait.png").write_bytes(encode(skimage.data.astronaut(), "PNG"))
    make_video(folder / "clip.mp4", pictures(34), 20)
    with av.open(str(folder / "camera.mjpeg"), "w") as container:
        stream = container.add_stream("mjpeg", rate=20)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        face = np.zeros((480, 640, 3), np.uint8) + 90
        face[:448, 96:544] = np.kron(skimage.data.astronaut()[20:244, 110:334], np.ones((2, 2, 1), np.uint8))
        for shift in range(20):
            frame = av.VideoFrame.from_ndarray(np.roll(face, 2 * shift, axis=1), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return folder


@pytest.fixture(scope="module")
def browser(files: Path) -> Iterator[Any]:
    with a_browser(
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={files / 'camera.mjpeg'}",
    ) as one:  # fmt: skip
        yield one


@dataclass
class Visit:
    """A page, and what went wrong on it."""

    page: Any
    url: str
    faults: list[str] = field(default_factory=list)

    def sound(self) -> None:
        """Nothing was said on the console, no other host asked, and nothing is wider than the screen."""
        assert self.faults == []
        page = self.page
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    def until(self, script: str) -> None:
        ends = time.monotonic() + PATIENCE_MS / 1000
        while not self.page.evaluate(script):  # the page's policy forbids what waits inside it
            assert time.monotonic() < ends, script
            self.page.wait_for_timeout(50)


@contextmanager
def visit(browser: Any, url: str, screen: dict[str, Any], *, sign_in: bool = True) -> Iterator[Visit]:
    context = browser.new_context(accept_downloads=True, permissions=["camera"], **screen)
    page = context.new_page()
    of = Visit(page, url)
    page.on("console", lambda said: of.faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: of.faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((url, "blob:", "data:")) else
            of.faults.append(asked.url))  # fmt: skip
    page.goto(url)
    if sign_in:
        page.wait_for_selector("#sign-in:not([hidden])")
        page.fill("#token", TOKEN)
        page.click("#sign-in button")
        page.wait_for_selector("#sign-in", state="hidden")
        of.faults = [fault for fault in of.faults if "401" not in fault]  # the question that was answered
        of.until("document.getElementById('about').textContent.includes('version')")
    try:
        yield of
    finally:
        context.close()


SCREENS = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop-light", "phone-dark"])


@SCREENS
def test_a_picture(browser: Any, url: str, files: Path, screen: dict[str, Any], tmp_path: Path) -> None:
    with visit(browser, url, screen) as of:
        of.page.set_input_files("#file", files / "portrait.png")
        of.page.wait_for_selector("#downloads:not([hidden])", timeout=PATIENCE_MS)
        of.page.wait_for_selector("#answer:not([hidden])")
        assert of.page.locator("#expressions > div").count() == 7
        units = of.page.locator("#units").inner_text()
        assert all(name in units for name in ACTION_UNIT_NAMES.values())
        assert "valence" in of.page.locator("#plane-told").inner_text()
        assert drawn(of, "overlay") > 200
        with of.page.expect_download() as coming:
            of.page.click("#json")
        kept = json.loads(Path(coming.value.path()).read_text())
        assert len(kept["frames"][0]["faces"]) == 1
        with of.page.expect_download() as coming:
            of.page.click("#csv")
        assert coming.value.suggested_filename == "portrait.csv"
        head, row = Path(coming.value.path()).read_text().splitlines()
        assert len(head.split(",")) == len(row.split(","))
        of.page.screenshot(path=tmp_path / "picture.png", full_page=True)
        of.sound()


@SCREENS
def test_a_video(browser: Any, url: str, files: Path, screen: dict[str, Any], tmp_path: Path) -> None:
    with visit(browser, url, screen) as of:
        of.page.select_option("#model", "sequences")
        of.page.set_input_files("#file", files / "clip.mp4")
        of.page.wait_for_selector("#downloads:not([hidden])", timeout=PATIENCE_MS)
        assert "34 frames, 2 faces" in of.page.locator("#told").inner_text()
        assert of.page.locator("#people button").count() == 2
        of.page.wait_for_selector("#answer:not([hidden])")
        said = of.page.locator("#plane-told").inner_text()
        box = of.page.locator("#time-line").bounding_box()
        of.page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 20)
        of.until("document.getElementById('clock').textContent.startsWith('0:01.0')")
        of.until(f"document.getElementById('plane-told').textContent !== {json.dumps(said)}")
        assert drawn(of, "time-line") > 500
        assert drawn(of, "overlay") > 200
        of.page.keyboard.press("Tab")
        of.page.evaluate("document.activeElement.blur()")
        before = of.page.evaluate("document.getElementById('video').currentTime")
        of.page.keyboard.press("ArrowRight")
        of.until(f"document.getElementById('video').currentTime > {before}")
        of.page.click("#people button:nth-child(2)")
        of.page.wait_for_selector("#people button:nth-child(2)[aria-pressed=true]")
        with of.page.expect_download() as coming:
            of.page.click("#csv")
        assert len(Path(coming.value.path()).read_text().splitlines()) > 34
        of.page.screenshot(path=tmp_path / "video.png", full_page=True)
        of.sound()


@SCREENS
def test_a_model_of_expressions_alone(
    browser: Any, local: LocalRecognition, files: Path, screen: dict[str, Any], tmp_path: Path
) -> None:
    """The one that comes with the package: the time line has its probabilities, and what it does not give is told."""
    recognition = LocalRecognition({"people": Asker(*load_model(find_model()))}, local.detector)
    with served(recognition) as at, visit(browser, at, screen) as of:
        of.page.set_input_files("#file", files / "clip.mp4")
        of.page.wait_for_selector("#downloads:not([hidden])", timeout=PATIENCE_MS)
        of.page.wait_for_selector("#answer:not([hidden])")
        legend = of.page.locator("#legend").inner_text()
        assert all(name in legend for name in EXPRESSIONS)
        assert "valence" not in legend
        assert "does not give valence and arousal nor action units" in of.page.locator("#not-given").inner_text()
        assert not of.page.locator("#plane-block").is_visible()
        assert drawn(of, "time-line") > 500
        with of.page.expect_download() as coming:
            of.page.click("#json")
        assert json.loads(Path(coming.value.path()).read_text())["not_given"] == ["valence_arousal", "action_units"]
        of.page.screenshot(path=tmp_path / "expressions.png", full_page=True)
        of.sound()


@SCREENS
def test_the_camera(browser: Any, url: str, screen: dict[str, Any], tmp_path: Path) -> None:
    with visit(browser, url, screen) as of:
        of.page.click("#camera")
        of.page.wait_for_selector("#answer:not([hidden])", timeout=PATIENCE_MS)
        of.until("/frames a second/.test(document.getElementById('told').textContent)")
        assert drawn(of, "overlay") > 200
        of.page.wait_for_timeout(2000)
        of.page.screenshot(path=tmp_path / "camera.png", full_page=True)
        of.page.click("#camera")
        of.page.wait_for_selector("#downloads:not([hidden])")
        assert "Camera off." in of.page.locator("#told").inner_text()
        of.sound()


def test_a_wrong_token_and_a_wrong_file_are_told(browser: Any, url: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    with visit(browser, url, DESKTOP, sign_in=False) as of:
        of.page.wait_for_selector("#sign-in:not([hidden])")
        of.page.fill("#token", "wrong")
        of.page.click("#sign-in button")
        of.until("/not known/.test(document.getElementById('told').textContent)")
        of.page.fill("#token", TOKEN)
        of.page.keyboard.press("Enter")
        of.page.wait_for_selector("#sign-in", state="hidden")
        for name, told in [("notes.txt", "neither a picture"), ("broken.png", "broken")]:
            of.page.set_input_files("#file", tmp_path / name)
            of.until(f"/{told}/.test(document.querySelector('#told.bad')?.textContent)")


def test_a_client_that_leaves_stops_the_work(local: LocalRecognition, files: Path) -> None:
    looked = 0

    def slow(picture: np.ndarray) -> Any:
        nonlocal looked
        looked += 1
        time.sleep(0.05)
        return local.detector(picture)

    clip = make_video(files / "long.mp4", pictures(34) * 12, 20)
    with served(LocalRecognition({"pictures": local.askers["pictures"]}, slow)) as at:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "video/mp4"}
        with httpx.stream("POST", f"{at}/v1/video", content=clip.read_bytes(), headers=headers, timeout=60) as answer:
            lines = answer.iter_lines()
            assert [next(lines) for _ in range(3)]
        time.sleep(3)
        when_left = looked
        time.sleep(2)
        assert looked == when_left < 34 * 12


def drawn(of: Visit, canvas: str) -> int:
    """Pixels of a canvas that are not clear."""
    script = """id => {
        const { width, height } = document.getElementById(id);
        const { data } = document.getElementById(id).getContext('2d').getImageData(0, 0, width, height);
        return data.filter((value, i) => i % 4 === 3 && value).length;
    }"""
    count: int = of.page.evaluate(script, canvas)
    return count
