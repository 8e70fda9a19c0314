"""The tool in a real browser, from the first name that is typed to a model that is trained on what was annotated."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn

from affect.annotation.label_files import label_uri
from affect.annotation.plans import Unit
from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import Project
from affect.annotation.splits import write_splits
from affect.corpora.aff_wild2 import AffWild2
from affect.corpora.annotation_file import read_annotation
from affect.labels import VALENCE_AROUSAL
from affect.media.video import frames
from affect.networks.spec import NetworkSpec
from affect.preprocessing.settings import AlignmentSettings
from affect.training.settings import BatchSettings, Resources, TrainConfig
from serve.annotation.http import build_annotation_api
from serve.authentication import Tokens, _digest
from serve.settings import Access
from tests.browser import a_browser
from tests.made_media import make_video, portrait

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

SECONDS, RATE = 2, 25
HEIGHT, REACH = 224, 92
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 740, "height": 360}, "color_scheme": "dark", "has_touch": True, "is_mobile": True}
PATIENCE_MS = 40_000
TOKEN, OWNER = "t" * 32, "o" * 32

JOYSTICK = """
// Looks for the mark in the picture that the video shows, and holds the stick where it is.
const seen = new OffscreenCanvas(1, HEIGHT), pen = seen.getContext("2d", { willReadFrequently: true });
window.moved = [];
function mark() {
  const video = document.getElementById("video");
  if (!video || video.readyState < 2) return 0;
  pen.drawImage(video, video.videoWidth - 12, 0, 1, HEIGHT, 0, 0, 1, HEIGHT);
  const { data } = pen.getImageData(0, 0, 1, HEIGHT);
  let [sum, count] = [0, 0];
  for (let y = 0; y < HEIGHT; y += 1) if (data[4 * y] > 128) { sum += y; count += 1; }
  return count ? (HEIGHT / 2 - 0.5 - sum / count) / REACH : 0;
}
const stick = { index: 0, id: "made", connected: true, mapping: "", buttons: [], timestamp: 0, get axes() {
  const value = Math.min(1, Math.max(-1, mark() * (window.bias ?? 1)));
  window.moved.push(Math.round(value * 1e4) / 1e4);
  return [0, -value];
} };
navigator.getGamepads = () => [stick];
""".replace("HEIGHT", str(HEIGHT)).replace("REACH", str(REACH))


def path_of(video: int, frame: int | np.ndarray) -> np.ndarray:
    """Where the mark of a video is in a frame, in [-1, 1]."""
    return np.round(REACH * 0.9 * np.sin((2 + video) * np.asarray(frame) / RATE)) / REACH


def picture(video: int, frame: int) -> np.ndarray:
    shown = np.full((HEIGHT, 288, 3), 40, np.uint8)
    shown[:, :HEIGHT] = portrait(HEIGHT)
    shown[:, 264:] = 0
    middle = HEIGHT // 2 - int(REACH * path_of(video, frame))
    shown[middle - 8 : middle + 8, 266:286] = 255
    return shown


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for video, name in enumerate(("one", "two")):
        make_video(folder / f"{name}.mp4", [picture(video, frame) for frame in range(SECONDS * RATE)], RATE)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser("--autoplay-policy=no-user-gesture-required") as one:
        yield one


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class Server:
    """The command itself, which can be killed and started again at the same port."""

    def __init__(self, videos: Path, project: Path) -> None:
        self.port = free_port()
        self.url, self.project = f"http://127.0.0.1:{self.port}", project
        self.command = [sys.executable, "-m", "serve.annotate", "--videos", str(videos), "--project", str(project)]
        self.command += ["--port", str(self.port)]
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        ends = time.monotonic() + 120
        while True:
            try:
                assert httpx.get(f"{self.url}/healthz").status_code == 200
            except httpx.TransportError:
                assert time.monotonic() < ends
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def commanded(videos: Path, project: Path) -> Iterator[Server]:
    server = Server(videos, project)
    try:
        yield server
    finally:
        server.kill()


@dataclass
class Place:
    """Where a tool is, and where it keeps its files."""

    url: str
    project: Path


@contextmanager
def served(videos: Path, project: Path, *tokens: str) -> Iterator[Place]:
    """On a thread of this process, which takes less time to start; with ``tokens`` of annotators and owners."""
    held = [Tokens((_digest(token),)) for token in tokens] or [Tokens(()), Tokens(())]
    api = build_annotation_api(Project.open(str(project), str(videos)), Access(), *held)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(api, port=port, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        yield Place(f"http://127.0.0.1:{port}", project)
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Annotator:
    """A person before a page."""

    page: Any
    url: str
    name: str
    faults: list[str] = field(default_factory=list)

    def until(self, script: str) -> None:
        ends = time.monotonic() + PATIENCE_MS / 1000
        while not self.page.evaluate(script):  # the page's policy forbids what waits inside it
            assert time.monotonic() < ends, (script, self.page.inner_text("#told"))
            self.page.wait_for_timeout(30)

    def choose(self, kind: str) -> None:
        self.page.goto(f"{self.url}/annotate#who")
        self.page.wait_for_selector("#who:not([hidden])")
        self.page.fill("#name", self.name)
        self.page.check(f'input[value="{kind}"]')
        self.page.keyboard.press("Enter")
        self.until("document.querySelector('#who').hidden")
        if self.page.is_visible("#guidelines"):
            self.page.click("#guidelines-read")
        self.page.wait_for_selector("#lists:not([hidden])")

    def open(self, video: str) -> None:
        self.page.evaluate("delete document.body.dataset.open")
        self.page.click(f"#all a:has-text('{video}')")
        self.page.wait_for_selector(f"body[data-open='{video}']", timeout=PATIENCE_MS)

    def play(self) -> None:
        self.page.keyboard.press("Space")

    def watched(self) -> None:
        self.until("!document.getElementById('mode-annotate').disabled")

    def annotated(self) -> None:
        self.until("document.getElementById('mode-verify').getAttribute('aria-pressed') === 'true'")

    def leave(self) -> None:
        self.page.click("#leave")
        self.page.wait_for_selector("#lists:not([hidden])")

    def sound(self) -> None:
        """Nothing was said on the console, no other host asked, and nothing is wider than the screen."""
        assert self.faults == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@contextmanager
def annotator(
    browser: Any, server: Server | Place, name: str, screen: dict[str, Any], script: str = ""
) -> Iterator[Annotator]:
    context = browser.new_context(**screen)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    of = Annotator(page, server.url, name)
    page.on("console", lambda said: of.faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: of.faults.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(server.url) else of.faults.append(asked.url))
    if script:
        page.add_init_script(script)
    try:
        yield of
    finally:
        context.close()


def progress_of(server: Server | Place, videos: Path) -> Progress:
    return Progress(Project.open(str(server.project), str(videos)))


def trace(server: Server | Place, videos: Path, kind: str, name: str, item: str) -> np.ndarray:
    """What lies on disk, read by a process that is not the server."""
    progress = progress_of(server, videos)
    return progress.recordings.read(kind, name, progress.project.item(item)).samples


def runs(values: Any) -> list[float]:
    """Each value once for as long as it stays the same."""
    return [value for i, value in enumerate(values) if not i or value != values[i - 1]]


def contained(part: list[float], whole: list[float]) -> bool:
    return any(whole[i : i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def at_once(both: Sequence[Annotator], *steps: str) -> None:
    for step in steps:
        for one in both:
            getattr(one, step)()


def trace_one(
    both: Sequence[Annotator], server: Server, video: str, *, watch: bool, kill: bool
) -> dict[str, list[float]]:
    """Both annotate a video at the same time; what each joystick was polled for."""
    for one in both:
        one.open(video)
    if watch:
        assert both[0].page.is_disabled("#mode-annotate")
        at_once(both, "play", "watched")
    for one in both:
        one.page.evaluate("window.moved.length = 0")
        one.play()
    if kill:
        both[0].until("document.getElementById('video').currentTime > 0.7")
        server.kill()
        for one in both:
            one.until("document.getElementById('video').ended")
            one.until("/waiting for the server/.test(document.getElementById('saved').textContent)")
        server.begin()
        for one in both:
            one.until("document.getElementById('saved').textContent === 'Saved'")
            one.faults = [fault for fault in one.faults if "ERR_CONNECTION" not in fault]  # while nobody was there
    else:
        at_once(both, "annotated")
    moved = {one.name: one.page.evaluate("window.moved") for one in both}
    at_once(both, "leave")
    return moved


@pytest.fixture(scope="module")
def exported(browser: Any, videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two annotators made of two videos and their owner exported, the server having been killed in between."""
    folder = tmp_path_factory.mktemp("annotated")
    with (
        commanded(videos, folder / "project") as server,
        annotator(browser, server, "Ann", DESKTOP, JOYSTICK) as ann,
        annotator(browser, server, "Bob", DESKTOP, JOYSTICK + "window.bias = 0.8;") as bob,
    ):
        for kind in VALENCE_AROUSAL:
            for one in (ann, bob):
                one.choose(kind)
            for video in ("one", "two"):
                kill = (kind, video) == ("arousal", "two")
                moved = trace_one((ann, bob), server, video, watch=kind == "valence", kill=kill)
                for name, values in moved.items():
                    samples = trace(server, videos, kind, name, video)
                    assert samples[0, 0] < 0.4
                    assert samples[-1, 0] > SECONDS - 0.4
                    inner = runs(samples[:, 1].tolist())[1:-1]  # within one sample at either end
                    assert len(inner) > 10
                    assert contained(inner, runs(values)), (kind, name, video)
        for one in (ann, bob):
            assert one.page.inner_text("#done-head") == "Annotated (2)"
            one.sound()
        export(ann, server, folder)
    return folder / "project" / "export"


def test_two_annotators_and_a_killed_server(exported: Path) -> None:
    """``exported`` has compared every trace with what the joysticks were polled for."""
    traces = sorted(str(path.relative_to(exported / "traces")) for path in exported.glob("traces/*/*/*.csv"))
    assert traces == [
        f"{kind}/{video}/{name}.csv"
        for kind in ("arousal", "valence")
        for video in ("one", "two")
        for name in ("Ann", "Bob")
    ]
    assert (exported / "traces" / "chosen.csv").read_text() == "video,dimension,annotator\none,valence,Ann\n"


def export(of: Annotator, server: Server, shots: Path) -> None:
    """The owner looks at agreement, decides, marks a stretch invalid, and exports."""
    page = of.page
    page.goto(f"{server.url}/annotate-owner")
    page.wait_for_selector("#agreement table")
    assert "MAIC 1.00" in page.inner_text("#agreement") or "MAIC 0.9" in page.inner_text("#agreement")
    page.screenshot(path=shots / "owner.png", full_page=True)
    page.click("#items a:has-text('one')")
    page.wait_for_selector("#choices input")
    assert page.locator("#choices input:checked").count() == 2
    page.uncheck("#choices input[value=Bob]")
    page.click("#choosing button[type=submit]")
    of.until("document.getElementById('choosing-head').textContent === 'Valence: decided'")
    of.until("document.getElementById('video').readyState > 1")
    page.evaluate("document.getElementById('video').currentTime = 1.0")
    of.until("!document.getElementById('video').seeking")
    page.wait_for_timeout(200)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("i")
    page.evaluate("document.getElementById('video').currentTime = 1.4")
    of.until("!document.getElementById('video').seeking")
    page.wait_for_timeout(200)
    page.keyboard.press("i")
    of.until("document.getElementById('saved').textContent === 'Saved'")
    page.screenshot(path=shots / "review.png", full_page=True)
    page.click("#places a:has-text('Overview')")
    page.wait_for_selector("#items td:has-text('invalid')")
    page.click("#export")
    of.until("/labels of 2 of 2/.test(document.getElementById('exported').textContent)")
    assert of.faults == []


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_the_corpus_is_checked_preprocessed_and_trained_on(videos: Path, exported: Path, tmp_path: Path) -> None:
    """By the jobs, on a partition of the two videos; the labels are those of the tool's own export."""
    from jobs.annotate import AnnotateConfig, annotate
    from jobs.check import CheckConfig, check_corpus
    from jobs.preprocess import PreprocessConfig, preprocess
    from jobs.train import train_once

    corpus = tmp_path / "corpus"
    (corpus / "batch1").mkdir(parents=True)
    for video in videos.iterdir():
        (corpus / "batch1" / video.name).symlink_to(video)
    splits = str(corpus / "splits.csv")
    write_splits(splits, [Unit("one"), Unit("two")], ["train", "validation"])
    annotate(AnnotateConfig(traces=str(exported / "traces"), videos=str(videos), splits=splits), str(corpus))
    read = AffWild2(str(corpus))
    labels = {clip.video: read.labels(clip)["main"] for clip in read.clips()}
    times = np.array([frame.time_s for frame in frames(str(videos / "one.mp4"))])
    np.testing.assert_array_equal(np.isnan(labels["one"].valence), (times > 0.99) & (times < 1.41))
    assert np.isfinite(labels["two"].valence).all()
    for name, of in labels.items():
        own = read_annotation(label_uri(str(exported / "corpus"), "va", "train", name), "va")
        np.testing.assert_allclose(np.stack([of.valence, of.arousal], axis=1), own)

    check, _ = check_corpus(CheckConfig(corpus="aff-wild2", root=str(corpus)), str(corpus / "check"), workers=1)
    # The two show the same portrait.
    assert {finding.kind for finding in check.findings} <= {"near duplicate across splits", "corpus"}
    small = {"alignment": AlignmentSettings(size=32)}
    rows = str(corpus / "rows")
    summary = preprocess(PreprocessConfig(corpus="aff-wild2", root=str(corpus), **small), rows, workers=1)
    assert summary["set_aside"] == 0
    config = TrainConfig(
        recipe="annotated",
        data=(rows,),
        network=NetworkSpec(encoder="arc-res", input_size=32, width=0.125, embedding=16, heads=("valence_arousal",)),
        batch=BatchSettings(size=16),
        resources=Resources(workers=1, cpus_per_worker=1, data_cpus_per_worker=1),
        epochs=1,
    )
    answer = train_once(config, str(corpus / "run"), local=True)
    assert np.isfinite(answer["metrics"]["validation"]["valence_ccc"])


def test_a_mark_that_is_followed_gives_its_path(browser: Any, videos: Path, tmp_path: Path) -> None:
    with (
        served(videos, tmp_path / "project") as server,
        annotator(browser, server, "Ann", DESKTOP, JOYSTICK) as ann,
    ):
        ann.choose("valence")
        ann.open("two")
        ann.play()
        ann.watched()
        ann.play()
        ann.annotated()
        samples = trace(server, videos, "valence", "Ann", "two")
    true = path_of(1, np.arange(SECONDS * RATE))
    errors = []
    for time_s, value in samples:
        there = np.flatnonzero(np.abs(true - value) < 1.5 / REACH)  # to a pixel and a half
        assert len(there), (time_s, value)
        before, after = there / RATE - time_s, time_s - (there + 1) / RATE
        errors.append(max(0.0, float(np.maximum(before, after).min())))
    # Where the machine lets the browser wait, it does not hear of every frame it shows.
    assert np.quantile(errors, 0.95) <= 0.02
    lags = np.arange(-0.1, 0.1001, 0.002)
    misfits = [
        np.abs(np.interp(samples[:, 0] + lag, np.arange(len(true)) / RATE + 0.5 / RATE, true) - samples[:, 1]).mean()
        for lag in lags
    ]
    assert abs(lags[int(np.argmin(misfits))]) <= 0.02


def see_it_through(of: Annotator) -> None:
    """By keyboard alone, recording a stretch again."""
    of.play()
    of.until("document.getElementById('video').currentTime > 0.8")
    of.page.keyboard.press("r")
    of.page.keyboard.down("ArrowDown")
    of.until("document.getElementById('video').currentTime > 1.5")
    of.page.keyboard.press("r")
    of.page.keyboard.up("ArrowDown")
    of.until("/Verified/.test(document.getElementById('told').textContent)")


def test_a_closed_tab_loses_nothing_and_the_next_one_goes_on(browser: Any, videos: Path, tmp_path: Path) -> None:
    with served(videos, tmp_path / "project", TOKEN, OWNER) as server:
        with annotator(browser, server, "Ann", PHONE) as ann:
            page = ann.page
            page.goto(f"{server.url}/annotate")
            page.wait_for_selector("#sign-in:not([hidden])")
            page.fill("#token", TOKEN)
            page.keyboard.press("Enter")
            page.wait_for_selector("#who:not([hidden])")
            ann.faults.clear()  # of the question that was answered
            ann.choose("arousal")
            page.screenshot(path=tmp_path / "phone-lists.png")
            ann.open("one")
            ann.play()
            ann.watched()
            ann.play()
            ann.until("document.getElementById('video').currentTime > 0.3")
            box = page.locator("#screen").bounding_box()
            page.touchscreen.tap(box["x"] + 100, box["y"] + 30)
            ann.until("document.getElementById('video').currentTime > 0.8")
            page.screenshot(path=tmp_path / "phone.png")
            ann.sound()
            moment = page.evaluate("document.getElementById('video').currentTime")
            page.close(run_before_unload=False)
            page = ann.page = page.context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            time.sleep(0.5)
            samples = trace(server, videos, "arousal", "Ann", "one")
            assert samples[-1, 0] > moment - 0.15
            assert samples[0, 1] == 0
            assert samples[-1, 1] > 0.7
            page.goto(f"{server.url}/annotate")
            ann.open("one")
            assert page.evaluate("document.getElementById('video').currentTime") == pytest.approx(
                samples[-1, 0], abs=0.1
            )
            ann.play()
            ann.annotated()
            see_it_through(ann)
        progress = progress_of(server, videos)
        item = progress.project.item("one")
        assert progress.state("arousal", "Ann", item).verified == 1.0
        again = {one.mode: one.samples for one in progress.recordings.sessions("arousal", "Ann", item)}["verify"]
        assert (np.diff(again[:, 1]) <= 0).all()
        assert again[-1, 1] < again[0, 1]
        whole = progress.recordings.read("arousal", "Ann", item).samples
        inside = (whole[:, 0] >= again[0, 0]) & (whole[:, 0] <= again[-1, 0])
        np.testing.assert_array_equal(whole[inside], again)
        assert whole[-1, 1] == samples[-1, 1]


@pytest.mark.parametrize("kind", ["expression", "action_units"])
def test_stretches_of_frames_are_marked_by_keys(browser: Any, videos: Path, tmp_path: Path, kind: str) -> None:
    with served(videos, tmp_path / "project") as server, annotator(browser, server, "Ann", DESKTOP) as ann:
        ann.choose(kind)
        ann.open("one")
        ann.play()
        ann.watched()
        page = ann.page
        page.wait_for_timeout(300)

        def press(key: str, count: int = 1) -> None:
            for _ in range(count):
                page.keyboard.press(key)
                ann.until("!document.getElementById('video').seeking")
                page.wait_for_timeout(60)

        press(".", 5)
        press("5")
        press(".", 3)
        press("5")
        page.screenshot(path=tmp_path / "marks.png")
        press("f")
        ann.until("document.getElementById('saved').textContent === 'Saved'")
        ann.sound()
        progress = progress_of(server, videos)
        marked = progress.stretches.read(kind, "Ann", progress.project.item("one"))
    assert marked.finished
    (one,) = marked.stretches
    assert one.label == ("happiness" if kind == "expression" else "AU12")
    assert (one.from_s, one.to_s) == (pytest.approx(5 / RATE, abs=2e-3), pytest.approx(8 / RATE, abs=2e-3))
    assert json.loads((server.project / "stretches" / kind / "Ann" / "one.json").read_text())["revision"] == 2
