"""The served application under load, against a bare batched loop over the same detector and model in this process.

``python -m benchmarks.serving [--pictures FOLDER]``. Both sides get the same encoded pictures and decode them, find the
faces, and ask the same network, with as many computing threads in all: the loop has them in each of its parts, the
application in replicas of one thread. Clients share the cores with the application. In turns, and medians are kept:

- throughput: the loop over batches, and clients that keep so many requests waiting that the application is never idle;
- latency: one picture at a time with a pause after each, of the loop with one thread, and by one client.

``--detectors 0`` lets the replicas of the interface find faces themselves. Ray reads its own settings from the
environment; docs/serving.md says which make Serve quicker. HAProxy listens at fixed ports of all addresses, so that a
run with it belongs into a network of its own: ``unshare -n sh -c 'ip link set lo up; python -m benchmarks.serving'``.

Then, once each: twice as many requests as can be answered; a replica of the model and one of the detector killed under
load; a new version promoted under load; a live stream. Every answer is held against the loop's.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import cv2
import numpy as np
import ray
import skimage.data
import torch
import typer
from ray import serve
from ray.serve.config import HTTPOptions
from ray.util.state import list_actors
from websockets.sync.client import connect

from affect.faces import load_detector
from affect.faces.detector import Detector
from affect.media.pictures import encode_jpeg
from affect.models.answer import Face
from affect.models.files import ModelDescription, load_model, save_model
from affect.models.predictor import Predictor, crops, faces
from affect.models.store import promote, resolve
from affect.networks import build
from affect.preprocessing.settings import AlignmentSettings, Preprocessing
from jobs.recipes.sample import mt_arcres
from serve.body import decode_body
from serve.settings import Limits, ServeSettings
from serve.start import APPLICATION, start

BATCH = 16
TOLERANCE = 1e-3
WANTED_THROUGHPUT = 0.8
WANTED_LATENCY_S = 0.015
PAUSE_S = 0.1
"""After each picture of low load: processors and their caches are as cold as they are then."""
NAME = "benchmark"


@dataclass(frozen=True)
class Given:
    """What one request came to."""

    picture: int
    began: float
    ended: float
    status: int
    """0 where there was no answer at all."""
    answer: dict[str, Any]

    @property
    def seconds(self) -> float:
        return self.ended - self.began


Ask = Callable[[int], Coroutine[Any, Any, Given]]
"""Asks about a picture by its number."""


class Bare:
    """The same work as plain calls."""

    def __init__(self, store: str, version: str, limits: Limits, threads: int) -> None:
        network, description = load_model(resolve(store, NAME, version))
        self.detector: Detector = load_detector(description.preprocessing.detector)
        self.predictor = Predictor(network, description)
        self.limits = limits
        self.threads = threads

    def __call__(self, bodies: Sequence[bytes]) -> list[list[Face]]:
        pictures = [decode_body(body, self.limits) for body in bodies]
        found = [self.detector(picture) for picture in pictures]
        alignment = self.predictor.description.preprocessing.alignment
        cut = [crops(picture, its, alignment) for picture, its in zip(pictures, found, strict=True)]
        predictions = iter(self.predictor(np.concatenate(cut)))
        return [faces(its, [next(predictions) for _ in its.boxes]) for its in found]

    def throughput(self, bodies: Sequence[bytes], seconds: float) -> float:
        """Pictures per second in batches."""
        self._set_threads(self.threads)
        turn = itertools.cycle(bodies)
        self([next(turn) for _ in range(BATCH)])
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            count += len(self([next(turn) for _ in range(BATCH)]))
        return count / (time.perf_counter() - began)

    def latency(self, bodies: Sequence[bytes], seconds: float) -> float:
        """Median seconds of one call with one thread, at low load."""
        self._set_threads(1)
        took: list[float] = []
        turn = itertools.cycle(bodies)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            self([next(turn)])
            took.append(time.perf_counter() - began)
            time.sleep(PAUSE_S)
        return statistics.median(took)

    def _set_threads(self, threads: int) -> None:
        cv2.setNumThreads(threads)
        torch.set_num_threads(threads)


class Clients:
    """Requests to the application, and whether its answers are the loop's."""

    def __init__(self, url: str, bodies: Sequence[bytes], expected: dict[str, list[list[Face]]]) -> None:
        self.url, self.bodies, self.expected = url, bodies, expected

    def keep_asking(self, clients: int, seconds: float, pause_s: float = 0) -> list[Given]:
        """So many clients that each ask anew when they are answered."""

        async def all_of_them(ask: Ask) -> list[Given]:
            end = time.monotonic() + seconds
            turn = itertools.cycle(range(len(self.bodies)))

            async def one() -> list[Given]:
                given = []
                while time.monotonic() < end:
                    given.append(await ask(next(turn)))
                    await asyncio.sleep(pause_s)
                return given

            return [given for its in await asyncio.gather(*(one() for _ in range(clients))) for given in its]

        return self._run(all_of_them)

    def at_rate(
        self, rate: float, seconds: float, meanwhile: Sequence[tuple[float, Callable[[], None]]] = ()
    ) -> list[Given]:
        """``rate`` requests a second, whether or not those before are answered; at some seconds something happens."""

        async def all_of_them(ask: Ask) -> list[Given]:
            began = time.monotonic()

            async def happens(at: float, what: Callable[[], None]) -> None:
                await asyncio.sleep(at)
                await asyncio.to_thread(what)

            events = [asyncio.create_task(happens(*event)) for event in meanwhile]
            tasks = []
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0, began + number / rate - time.monotonic()))
                tasks.append(asyncio.create_task(ask(number % len(self.bodies))))
            given = await asyncio.gather(*tasks)
            await asyncio.gather(*events)
            return list(given)

        return self._run(all_of_them)

    def wrong(self, given: Sequence[Given]) -> int:
        """Answers that are not the loop's of the version that they name."""
        return sum(not self._is_right(one) for one in given if one.status == HTTPStatus.OK)

    def _is_right(self, given: Given) -> bool:
        expected = self.expected[given.answer["model"]["version"]][given.picture]
        return close(given.answer["faces"], expected)

    def _run(self, all_of_them: Callable[[Ask], Coroutine[Any, Any, list[Given]]]) -> list[Given]:
        async def main() -> list[Given]:
            # The clients take their part of the cores: the lightest there is.
            pool, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(60)
            async with aiohttp.ClientSession(self.url, connector=pool, timeout=timeout) as http:

                async def ask(picture: int) -> Given:
                    began = time.monotonic()
                    try:
                        async with http.post(
                            "/v1/faces", data=self.bodies[picture], headers={"Content-Type": "image/jpeg"}
                        ) as answer:
                            told = json.loads(await answer.read())
                    except (aiohttp.ClientError, TimeoutError) as error:
                        return Given(picture, began, time.monotonic(), 0, {"error": repr(error)})
                    return Given(picture, began, time.monotonic(), answer.status, told)

                return await all_of_them(ask)

        return asyncio.run(main())


def close(one: Any, other: Any) -> bool:
    """The same but for TOLERANCE in each number."""
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in other)
    if isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    return bool(abs(one - other) <= TOLERANCE) if isinstance(other, float) else bool(one == other)


def make_pictures(folder: Path | None) -> list[bytes]:
    """The JPEG files of ``folder``, or a photograph moved and lit differently, 640 by 480."""
    if folder is not None:
        return [path.read_bytes() for path in sorted(folder.glob("*.jp*g"))]
    photograph = skimage.data.astronaut()
    made = []
    for number in range(BATCH):
        left, top = 8 * (number % 4), 6 * (number // 4)
        part = cv2.resize(photograph[top : top + 360, left : left + 480], (640, 480), interpolation=cv2.INTER_CUBIC)
        made.append(encode_jpeg(np.ascontiguousarray(cv2.convertScaleAbs(part, alpha=0.8 + 0.02 * number)), 90))
    return made


def write_versions(folder: Path, width: float) -> tuple[str, list[str]]:
    """A store with one version of MT-ArcRes, and the folders of two, of random weights: time is not of their values."""
    spec = mt_arcres().network.model_copy(update={"width": width})
    made = []
    for seed in range(2):
        torch.manual_seed(seed)
        description = ModelDescription(
            network=spec,
            preprocessing=Preprocessing(alignment=AlignmentSettings(size=spec.input_size)),
            recipe=NAME, settings={"seed": seed}, data=(), metrics={},
        )  # fmt: skip
        made.append(str(folder / f"model{seed}"))
        save_model(made[-1], build(spec).state_dict(), description)
    store = str(folder / "store")
    promote(made[0], store, NAME)
    return store, made


def kill(deployment: str) -> None:
    """One replica of it, at once."""
    actors = list_actors(filters=[("state", "=", "ALIVE")], limit=1000)
    (pid, *_) = [actor.pid for actor in actors if actor.class_name == f"ServeReplica:{APPLICATION}:{deployment}"]
    os.kill(pid, signal.SIGKILL)


def live(url: str, bodies: Sequence[bytes], seconds: float) -> dict[str, Any]:
    """A live stream, its next picture sent when the last is answered."""
    took, numbers = [], []
    with connect(f"{url.replace('http', 'ws', 1)}/v1/live", max_size=None, proxy=None) as socket_:
        end = time.monotonic() + seconds
        for body in itertools.cycle(bodies):
            began = time.monotonic()
            if began > end:
                break
            socket_.send(body)
            answer = json.loads(socket_.recv())
            took.append(time.monotonic() - began)
            numbers.append(answer["frame"])
    return {"frames": len(took), "in_order": numbers == sorted(numbers), "median_s": statistics.median(took)}


def summed(given: Sequence[Given]) -> dict[str, Any]:
    statuses = Counter(one.status for one in given)
    parts: dict[str, Any] = {"requests": len(given), "statuses": {str(key): statuses[key] for key in sorted(statuses)}}
    for name, chosen in (
        ("answered", [one.seconds for one in given if one.status == HTTPStatus.OK]),
        ("refused", [one.seconds for one in given if one.status in {429, 503}]),
    ):
        if chosen:
            parts[name] = {
                "median_s": statistics.median(chosen),
                "p99_s": float(np.quantile(chosen, 0.99)),
                "longest_s": max(chosen),
            }
    return parts


def recovery(given: Sequence[Given], at: float, usual_s: float) -> float:
    """Seconds from ``at`` until the end of the last request begun within ten seconds that took twice the usual."""
    slow = [one.ended for one in given if at - usual_s <= one.began < at + 10 and one.seconds > 2 * usual_s]
    return max(slow, default=at) - at


def main(
    pictures: Annotated[Path | None, typer.Option(help="folder of JPEG files; a photograph's parts if none")] = None,
    width: float = 0.5,
    threads: Annotated[int, typer.Option(help="computing threads of either side")] = os.cpu_count() or 1,
    detectors: Annotated[
        int | None, typer.Option(help="replicas of the detector, as many as threads by default; 0: of the interface")
    ] = None,
    rounds: int = 3,
    seconds: Annotated[float, typer.Option(help="of each measurement of a round")] = 10,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Measure the served application under load against a bare batched loop over the same detector and model."""
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    ray.init(num_cpus=8, log_to_driver=False, object_store_memory=500 * 2**20)
    os.environ["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address  # other clusters may be up beside it
    bodies = make_pictures(pictures)
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        store, (_, second) = write_versions(Path(name), width)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings = ServeSettings(
            store=store, models=(NAME,), follow_s=1, threads=1, model_replicas=threads,
            detector_replicas=threads if detectors is None else detectors,
            ingress_replicas=threads if detectors == 0 else 1,
            runtime="eager",  # as the loop computes
        )  # fmt: skip
        bare = Bare(store, "0001", settings.limits, threads)
        clients = Clients(f"http://127.0.0.1:{port}", bodies, {"0001": [bare([body])[0] for body in bodies]})
        of_ray = " ".join(f"{name}={value}" for name, value in os.environ.items() if "RAY_SERVE" in name) or "none"
        print(
            f"{len(bodies)} pictures, {sum(map(len, clients.expected['0001']))} faces; MT-ArcRes at width {width}; "
            f"the loop with {threads} threads, the application with replicas of one thread: {settings.ingress_replicas}"
            f" of the interface, {settings.detector_replicas} of the detector, {settings.model_replicas} of the model; "
            f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Ray's settings: {of_ray}"
        )
        try:
            start(settings, HTTPOptions(host="127.0.0.1", port=port))
            results = measure(bare, clients, rounds, seconds)
            results |= press(clients, settings, results["saturated"], results["latency_s"])
            results["new_version"] = roll_over(bare, clients, settings, second, results["saturated"])
            results["live"] = live(clients.url, bodies, seconds)
            print(
                f"live stream: {results['live']['frames']} frames, in order: {results['live']['in_order']}; median "
                f"{1000 * results['live']['median_s']:.0f} ms a frame, the bare calls {1000 * results['bare_s']:.0f} ms"
            )
        finally:
            serve.shutdown()
    if json_file:
        json_file.write_text(json.dumps(results, indent=2))


def measure(bare: Bare, clients: Clients, rounds: int, seconds: float) -> dict[str, Any]:
    """Throughput and latency, in turns."""
    asking = 2 * BATCH
    clients.keep_asking(asking, 3)
    table = []
    for number in range(rounds):
        loop = bare.throughput(clients.bodies, seconds)
        given = clients.keep_asking(asking, seconds)
        served = len(given) / (max(one.ended for one in given) - min(one.began for one in given))
        alone = bare.latency(clients.bodies, seconds)
        low = clients.keep_asking(1, seconds, pause_s=PAUSE_S)
        asked = statistics.median(one.seconds for one in low)
        wrong = clients.wrong(given + low)
        failed = sum(one.status != HTTPStatus.OK for one in given + low)
        table.append(
            {"bare": loop, "served": served, "bare_s": alone, "served_s": asked, "wrong": wrong, "failed": failed}
        )
        print(
            f"round {number + 1}: loop {loop:.1f}, application {served:.1f} pictures/s ({served / loop:.2f}); "
            f"one picture {1000 * alone:.1f} ms bare, {1000 * asked:.1f} ms asked; {wrong} wrong, {failed} failed",
            flush=True,
        )
    ratio = statistics.median(each["served"] / each["bare"] for each in table)
    more = statistics.median(each["served_s"] - each["bare_s"] for each in table)
    print(
        f"median: {ratio:.2f} of the loop's throughput (wanted: at least {WANTED_THROUGHPUT}), "
        f"{1000 * more:.1f} ms more than the bare call (wanted: at most {1000 * WANTED_LATENCY_S:.0f})"
    )
    return {
        "rounds": table,
        "throughput_ratio": ratio,
        "latency_more_s": more,
        "saturated": statistics.median(each["served"] for each in table),
        "latency_s": statistics.median(each["served_s"] for each in table),
        "bare_s": statistics.median(each["bare_s"] for each in table),
    }


def press(clients: Clients, settings: ServeSettings, saturated: float, usual_s: float) -> dict[str, Any]:
    """Too many requests, then replicas that die."""
    given = clients.at_rate(2 * saturated, 3 * settings.limits.queue / saturated)
    much = summed(given) | {"wrong": clients.wrong(given)}
    print(f"twice too many: {told(much)}; the deadline is {settings.limits.request_s:g} s")
    died: dict[str, float] = {}

    def end(deployment: str) -> None:
        kill(deployment)
        died[deployment] = time.monotonic()

    finds = "FaceDetector" if settings.detector_replicas else "Ingress"
    events = [(5.0, partial(end, "FaceModel")), (20.0, partial(end, finds))]
    given = clients.at_rate(saturated / 3, 40, events)
    killed = summed(given) | {"wrong": clients.wrong(given)}
    killed["recovery_s"] = {part: recovery(given, at, usual_s) for part, at in died.items()}
    times = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in killed["recovery_s"].items())
    print(f"replicas killed at a third of the load: {told(killed)}; as quick as before after: {times}", flush=True)
    return {"overload": much, "killed": killed}


def roll_over(bare: Bare, clients: Clients, settings: ServeSettings, second: str, saturated: float) -> dict[str, Any]:
    """A new version promoted under load, which the application goes over to by itself."""
    promoted: list[float] = []

    def take_the_name() -> None:
        promote(second, settings.store, NAME)
        promoted.append(time.monotonic())

    given = clients.at_rate(saturated / 3, 20, [(5, take_the_name)])
    newer = Bare(settings.store, "0002", settings.limits, bare.threads)
    clients.expected["0002"] = [newer([body])[0] for body in clients.bodies]
    by_new = [one for one in given if one.status == HTTPStatus.OK and one.answer["model"]["version"] == "0002"]
    after_s = min((one.ended for one in by_new), default=float("nan")) - promoted[0]
    came = summed(given) | {"wrong": clients.wrong(given), "answered_by_new": len(by_new), "after_s": after_s}
    print(f"a new version at a third of the load: {told(came)}; it answers {after_s:.1f} s after it was promoted")
    return came


def told(came: dict[str, Any]) -> str:
    statuses = ", ".join(f"{count} with {status}" for status, count in came["statuses"].items())
    times = "".join(
        f"; {name} in {came[name]['median_s']:.3f} s (median), {came[name]['p99_s']:.3f} s (99 of 100), "
        f"{came[name]['longest_s']:.3f} s (longest)"
        for name in ("answered", "refused")
        if name in came
    )
    return f"{came['requests']} requests, {statuses}, {came['wrong']} wrong{times}"


if __name__ == "__main__":
    typer.run(main)
