"""What is written is on loopback alone and finds the cluster that Ray's folder tells of."""

import configparser
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from ray.dashboard.modules.metrics.dashboards.default_dashboard_panels import default_dashboard_config
from ray.dashboard.modules.metrics.dashboards.train_dashboard_panels import train_dashboard_config
from ray.dashboard.modules.metrics.metrics_head import DEFAULT_GRAFANA_HOST, DEFAULT_PROMETHEUS_HOST
from typer.testing import CliRunner

from cluster.monitoring.__main__ import app
from cluster.monitoring.dashboard import UID
from cluster.monitoring.files import Monitoring


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Monitoring(tmp_path / "out", Path("/rays")).write()
    return tmp_path / "out"


def test_prometheus_asks_the_nodes_that_ray_lists(folder: Path) -> None:
    (scrape,) = yaml.safe_load((folder / "prometheus.yml").read_text())["scrape_configs"]
    assert scrape["file_sd_configs"][0]["files"] == ["/rays/session_latest/prom_metrics_service_discovery.json"]


def test_grafana_is_private_and_finds_data_and_dashboards(folder: Path) -> None:
    settings = configparser.ConfigParser()
    settings.read(folder / "grafana" / "grafana.ini")
    assert settings["server"]["http_addr"] == "127.0.0.1"
    assert settings["security"]["disable_initial_admin_creation"] == "true"
    assert settings["auth.anonymous"]["org_role"] == "Viewer"
    provisioning = Path(settings["paths"]["provisioning"])
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://127.0.0.1:9090"
    own, rays = yaml.safe_load((provisioning / "dashboards" / "dashboards.yml").read_text())["providers"]
    (file,) = Path(own["options"]["path"]).iterdir()
    assert json.loads(file.read_text())["uid"] == UID
    uids = {json.loads(file.read_text())["uid"] for file in Path(rays["options"]["path"]).iterdir()}
    assert {default_dashboard_config.default_uid, train_dashboard_config.default_uid} <= uids
    assert len(uids) == 5


def test_the_ports_are_those_where_rays_dashboard_looks() -> None:
    made = Monitoring(Path("out"), Path("/rays"))
    assert f"http://localhost:{made.prometheus_port}" == DEFAULT_PROMETHEUS_HOST
    assert f"http://localhost:{made.grafana_port}" == DEFAULT_GRAFANA_HOST


def test_writing_again_keeps_what_is_stored(folder: Path) -> None:
    (folder / "prometheus").mkdir()
    (folder / "prometheus" / "block").write_text("stored")
    Monitoring(folder, Path("/rays"), prometheus_port=9999).write()
    assert (folder / "prometheus" / "block").read_text() == "stored"
    assert "9999" in (folder / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()


def test_it_runs_until_it_is_asked_to_end(tmp_path: Path) -> None:
    """With a program that stands for Prometheus: what it is told, and that it ends with the command."""
    program = tmp_path / "prometheus"
    program.write_text('#!/bin/sh\necho $$ "$@" > "$0.told"\nexec sleep 300\n')
    program.chmod(0o755)
    command = [sys.executable, "-m", "cluster.monitoring", "--out", str(tmp_path / "out"), "--prometheus-port", "9191"]
    with subprocess.Popen(command, env=os.environ | {"PATH": f"{tmp_path}:/bin"}, stdout=subprocess.PIPE) as running:
        told = tmp_path / "prometheus.told"
        deadline = time.monotonic() + 60
        while not (told.exists() and told.read_text()):
            time.sleep(0.1)
            assert time.monotonic() < deadline
        running.terminate()
        assert running.wait(60) == 0
    pid, *options = told.read_text().split()
    assert "--web.listen-address=127.0.0.1:9191" in options
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_without_prometheus_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "out")])
    assert "apt-get install prometheus" in str(result.exception)
    assert (tmp_path / "out" / "prometheus.yml").exists()
