"""A run's folder: settings first, DONE last, other settings refused."""

import errno
import logging
from pathlib import Path
from typing import ClassVar

import pytest

from affect import storage
from affect.configuration import Configuration
from affect.errors import AffectError
from affect.runs import RunFolder


class Machines(Configuration):
    workers: int = 1


class Config(Configuration):
    changeable: ClassVar[frozenset[str]] = frozenset({"machines"})
    seed: int = 0
    machines: Machines = Machines()


def test_a_run_goes_on_with_the_same_settings_only(tmp_path: Path) -> None:
    uri = str(tmp_path / "run")

    def stopped() -> None:
        with RunFolder(uri, Config()) as run:
            assert not run.finished
            logging.getLogger("affect.test").warning("half of it")
            assert "half of it" in (tmp_path / "run" / "log.txt").read_text()
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


def test_a_run_goes_on_with_what_does_not_change_it(tmp_path: Path) -> None:
    uri = str(tmp_path / "run")
    RunFolder(uri, Config())
    RunFolder(uri, Config(machines=Machines(workers=4)))
    assert "workers: 4" in (tmp_path / "run" / "config.yaml").read_text()
    with pytest.raises(AffectError, match=r"seed: 0 -> 1"):
        RunFolder(uri, Config(seed=1, machines=Machines(workers=2)))


def test_a_full_disk_hides_no_other_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(uri: str, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def ended() -> None:
        with RunFolder(str(tmp_path / "run"), Config()):
            monkeypatch.setattr(storage, "write_text", full)
            raise RuntimeError("the cause")

    with pytest.raises(RuntimeError, match="the cause"):
        ended()
