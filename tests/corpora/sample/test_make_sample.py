from pathlib import Path

import pytest
from typer.testing import CliRunner

from affect.corpora.sample import SampleSettings
from affect.errors import AffectError
from jobs.make_sample import app, make_sample

SETTINGS = SampleSettings(people=3, clips=4, seconds=0.2, width=64, height=48)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_second_run_makes_only_what_is_missing(tmp_path: Path) -> None:
    assert make_sample(str(tmp_path), SETTINGS)["made"] == 4
    videos = sorted(tmp_path.rglob("*.mp4"))
    before = {video: video.stat().st_mtime_ns for video in videos}
    assert make_sample(str(tmp_path), SETTINGS)["made"] == 4  # finished: the summary of the first run
    (tmp_path / "DONE").unlink()
    videos[1].unlink()
    assert make_sample(str(tmp_path), SETTINGS)["made"] == 1
    after = {video: video.stat().st_mtime_ns for video in sorted(tmp_path.rglob("*.mp4"))}
    assert {video for video in videos if before[video] != after[video]} == {videos[1]}


def test_other_settings_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS.to_yaml())
    with pytest.raises(AffectError, match="seed: 0 -> 1"):
        make_sample(str(tmp_path), SETTINGS.model_copy(update={"seed": 1}))


def test_an_unknown_setting_names_the_nearest(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--set", "peoples=3"])
    assert isinstance(result.exception, AffectError)
    assert "did you mean 'people'?" in str(result.exception)
