"""A run's folder: settings first, DONE last, other settings refused."""

import logging
from pathlib import Path

import pytest

from affect.configuration import Configuration
from affect.errors import AffectError
from affect.runs import RunFolder


class Config(Configuration):
    seed: int = 0


def test_a_run_goes_on_with_the_same_settings_only(tmp_path: Path) -> None:
    uri = str(tmp_path / "run")

    def stopped() -> None:
        with RunFolder(uri, Config()) as run:
            assert not run.finished
            logging.getLogger("affect.test").warning("half of it")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        stopped()
    with RunFolder(uri, Config()) as run:
        assert not run.finished
        run.done({"clips": 3})
    again = RunFolder(uri, Config())
    assert again.finished
    assert again.summary() == {"clips": 3}
    log = (tmp_path / "run" / "log.txt").read_text()
    assert "half of it" in log
    assert "ended by RuntimeError: stopped" in log
    with pytest.raises(AffectError, match=r"seed: 0 -> 1"):
        RunFolder(uri, Config(seed=1))
