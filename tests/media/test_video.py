"""Frames at their own times, upright, and broken files told apart from whole ones."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from affect.errors import AffectError
from affect.media.video import TooLargeError, VideoLimits, frames, length, probe
from tests.made_media import make_sound, make_video, turn


def greys(count: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Frames that tell their number by their brightness, and the way up by a red corner."""
    pictures = [np.full((height, width, 3), 40 + 3 * index, np.uint8) for index in range(count)]
    for picture in pictures:
        picture[: height // 2, : width // 2] = (255, 0, 0)
    return pictures


@pytest.mark.parametrize("rate", [25, Fraction(30_000, 1001), 30, 60])
@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
def test_constant_rate(tmp_path: Path, rate: Fraction | int, ending: str) -> None:
    path = make_video(tmp_path / f"clip{ending}", greys(20), rate)
    seen = list(frames(path))
    assert [frame.index for frame in seen] == list(range(20))
    tolerance = 1e-3 if ending == ".mkv" else 2e-5  # Matroska counts milliseconds
    np.testing.assert_allclose([frame.time_s for frame in seen], np.arange(20) / float(rate), atol=tolerance)
    brightness = [frame.picture[-8:, -8:].mean() for frame in seen]
    np.testing.assert_allclose(brightness, 40 + 3 * np.arange(20), atol=2)
    info = probe(path)
    assert (info.width, info.height, info.sound) == (64, 48, False)


def test_variable_rate_keeps_its_times_and_starts_at_zero(tmp_path: Path) -> None:
    times = np.array([0.0, 0.04, 0.05, 0.3, 0.31, 1.0, 1.7, 1.71]) + 0.5
    path = make_video(tmp_path / "clip.mkv", greys(len(times)), times=times.tolist())
    np.testing.assert_allclose([frame.time_s for frame in frames(path)], times - 0.5, atol=1e-3)
    assert probe(path).start_s == pytest.approx(0.5, abs=1e-3)


def test_reads_an_open_file(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", greys(5))
    with path.open("rb") as file:
        assert len(list(frames(file))) == 5


@pytest.mark.parametrize(
    ("matrix", "red"),  # the shown x and y of the red quarter, which is at the upper left of the coded picture
    [
        ((1, 0, 0, 1), (0, 0)),
        ((0, 1, -1, 0), (1, 0)),
        ((-1, 0, 0, -1), (1, 1)),
        ((0, -1, 1, 0), (0, 1)),
        ((-1, 0, 0, 1), (1, 0)),
        ((1, 0, 0, -1), (0, 1)),
        ((0, 1, 1, 0), (0, 0)),
        ((0, -1, -1, 0), (1, 1)),
    ],
)
def test_pictures_are_upright(tmp_path: Path, matrix: tuple[int, int, int, int], red: tuple[int, int]) -> None:
    path = turn(make_video(tmp_path / "coded.mp4", greys(3)), tmp_path / "turned.mp4", matrix)
    picture = next(iter(frames(path))).picture
    sideways = matrix[0] == 0
    assert picture.shape == ((64, 48, 3) if sideways else (48, 64, 3))
    assert (probe(path).height, probe(path).width) == picture.shape[:2]
    is_red = (picture[..., 0] > 150) & (picture[..., 1] < 80)
    rows, columns = np.nonzero(is_red)
    assert len(rows) == pytest.approx(64 * 48 / 4, rel=0.1)
    assert (columns.mean() > picture.shape[1] / 2, rows.mean() > picture.shape[0] / 2) == red


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "not a readable media file"), (b"no video " * 300, "not a readable media file")]
)
def test_not_a_video(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(AffectError, match=f"clip.mp4.*{reason}"):
        list(frames(path))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="does not exist"):
        list(frames(tmp_path / "clip.mp4"))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = make_sound(tmp_path / "sound.wav", np.zeros(4000))
    with pytest.raises(AffectError, match="no video stream"):
        probe(path)


def test_a_codec_that_nobody_knows_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(make_video(tmp_path / "whole.mp4", greys(3)).read_bytes().replace(b"avc1", b"zzzz"))
    for ask in (probe, lambda file: next(frames(file))):
        with pytest.raises(AffectError, match=r"clip\.mp4 is of a kind that cannot be decoded"):
            ask(path)


@pytest.mark.parametrize("ending", [".mp4", ".avi"])
@pytest.mark.parametrize("kept", [0.5, 0.8, 0.9])
def test_a_file_that_breaks_off_is_not_taken_for_a_short_one(tmp_path: Path, ending: str, kept: float) -> None:
    data = make_video(tmp_path / f"whole{ending}", list(noise(40))).read_bytes()
    path = tmp_path / f"clip{ending}"
    path.write_bytes(data[: int(len(data) * kept)])
    source = frames(path)
    assert next(source).index == 0
    with pytest.raises(AffectError, match=r"clip.*(breaks off after|is damaged)"):
        list(source)


def test_a_file_cut_between_two_packets(tmp_path: Path) -> None:
    import av

    whole = make_video(tmp_path / "whole.mp4", list(noise(20)))
    with av.open(str(whole)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    path = tmp_path / "clip.mp4"
    path.write_bytes(whole.read_bytes()[: places[12]])
    with pytest.raises(AffectError, match="breaks off after|damaged after"):
        list(frames(path))


def test_damage_in_the_middle(tmp_path: Path) -> None:
    data = bytearray(make_video(tmp_path / "whole.mp4", list(noise(40))).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = np.random.default_rng(0).bytes(3000)
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    with pytest.raises(AffectError, match="damaged"):
        list(frames(path))


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (count, 48, 64, 3), np.uint8)


@pytest.mark.parametrize(
    "content", ["#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile {}\n"]
)
def test_a_list_of_other_files_is_no_video(tmp_path: Path, content: str) -> None:
    """Else one from outside could have any file of this machine read."""
    import av

    other = make_video(tmp_path / "other.mp4", greys(3))
    path = tmp_path / "clip.m3u8"
    path.write_text(content.format(other.name))
    with av.open(str(path), options={"safe": "0"} if "concat" in content else {}) as container:
        assert container.streams.video  # libavformat itself would
    with pytest.raises(AffectError, match="clip.m3u8 is not a readable media file"):
        list(frames(path))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"seconds": 0.7}, r"has 0\.8 s, 0\.7 are allowed"),
        ({"frames": 19}, "20 frames, 19"),
        ({"pixels": 64 * 48 - 1}, "3072 pixels"),
    ],
)
def test_limits(tmp_path: Path, limits: dict[str, float], message: str) -> None:
    path = make_video(tmp_path / "clip.mp4", greys(20), 25)
    for read in (lambda given: list(frames(path, given)), lambda given: probe(path, given)):
        with pytest.raises(TooLargeError, match=message):
            read(VideoLimits(**limits))
    assert len(list(frames(path, VideoLimits(seconds=0.8, frames=20, pixels=64 * 48)))) == 20


def test_pictures_that_grow_past_the_limit(tmp_path: Path) -> None:
    """A stream may change its size; its header tells the first."""
    small = make_video(tmp_path / "small.mpeg", greys(5)).read_bytes()
    large = make_video(tmp_path / "large.mpeg", greys(5, 96, 128)).read_bytes()
    path = tmp_path / "clip.mpeg"
    path.write_bytes(small + large)
    sizes = {frame.picture.shape[:2] for frame in frames(path)}
    assert sizes == {(48, 64), (96, 128)}
    seen = []
    with pytest.raises(AffectError, match="clip.mpeg"):
        seen += [frame.picture.shape[:2] for frame in frames(path, VideoLimits(pixels=64 * 48))]


def test_the_length_is_that_of_the_frames_whatever_headers_and_sound_say(tmp_path: Path) -> None:
    pictures = [np.full((32, 32, 3), i, np.uint8) for i in range(50)]
    times = [0.5 + i / 25 for i in range(50)]
    sound = np.zeros(44_100 * 4)
    assert length(str(make_video(tmp_path / "late.mp4", pictures, 25, times))) == pytest.approx(2, abs=1e-3)
    assert length(str(make_video(tmp_path / "loud.mov", pictures, 25, sound=sound))) == pytest.approx(2, abs=1e-3)
    with (make_video(tmp_path / "late.mkv", pictures, 25, times)).open("rb") as file:
        assert length(file) == pytest.approx(2, abs=0.041)
