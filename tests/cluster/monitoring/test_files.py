"""What is written is on loopback alone and finds the cluster that Ray's folder tells of."""

import configparser
import json
from pathlib import Path

import pytest
import yaml
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
    assert rays["options"]["path"] == "/rays/session_latest/metrics/grafana/dashboards"
    (file,) = Path(own["options"]["path"]).iterdir()
    assert json.loads(file.read_text())["uid"] == UID


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


def test_without_prometheus_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "out")])
    assert "apt-get install prometheus" in str(result.exception)
    assert (tmp_path / "out" / "prometheus.yml").exists()
