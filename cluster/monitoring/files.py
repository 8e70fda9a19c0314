"""What Prometheus and Grafana read, written into one folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml
from ray._private.ray_constants import PROMETHEUS_SERVICE_DISCOVERY_FILE, SESSION_LATEST
from ray.dashboard.modules.metrics import grafana_dashboard_factory as rays_dashboards

from cluster.monitoring.dashboard import dashboard

LOOPBACK = "127.0.0.1"
DATASOURCE = "Prometheus"
"""As Ray's dashboards expect it unless RAY_PROMETHEUS_NAME says otherwise."""
RAYS = ("default", "data", "train", "serve", "serve_deployment")
"""Which of Ray's own dashboards are written beside this system's."""


@dataclass(frozen=True)
class Monitoring:
    """Where the files lie and the two programs listen; both on loopback."""

    folder: Path
    ray: Path
    """Ray's folder for temporary files on this host, /tmp/ray unless ``ray start --temp-dir`` says otherwise."""
    prometheus_port: int = 9090
    grafana_port: int = 3000
    scrape_seconds: int = 10

    @property
    def prometheus_config(self) -> Path:
        return self.folder / "prometheus.yml"

    @property
    def grafana_config(self) -> Path:
        return self.folder / "grafana" / "grafana.ini"

    def write(self) -> None:
        """Write every file anew. What the programs have stored stays."""
        session = self.ray / SESSION_LATEST  # the cluster that was started last, also after it is started again
        own, rays = (self.folder / "grafana" / "dashboards" / name for name in ("affect-on-ray", "ray"))
        provisioning = self.folder / "grafana" / "provisioning"
        files = {
            self.prometheus_config: yaml.safe_dump(
                {
                    "global": {"scrape_interval": f"{self.scrape_seconds}s"},
                    "scrape_configs": [
                        {
                            "job_name": "ray",
                            "file_sd_configs": [
                                {
                                    "files": [str(session / PROMETHEUS_SERVICE_DISCOVERY_FILE)],
                                    "refresh_interval": f"{self.scrape_seconds}s",
                                }
                            ],
                        }
                    ],
                }
            ),
            own / "affect.json": json.dumps(dashboard(), indent=2) + "\n",
            provisioning / "datasources" / "prometheus.yml": yaml.safe_dump(
                {
                    "apiVersion": 1,
                    "datasources": [
                        {
                            "name": DATASOURCE,
                            "type": "prometheus",
                            "access": "proxy",
                            "url": f"http://{LOOPBACK}:{self.prometheus_port}",
                            "isDefault": True,
                            "jsonData": {"timeInterval": f"{self.scrape_seconds}s"},
                        }
                    ],
                }
            ),
            provisioning / "dashboards" / "dashboards.yml": yaml.safe_dump(
                {
                    "apiVersion": 1,
                    "providers": [
                        _provider("affect-on-Ray", own),
                        _provider("Ray", rays),
                    ],
                }
            ),
            self.grafana_config: self._grafana_ini(provisioning),
        }
        for name in RAYS:
            files[rays / f"{name}.json"], _ = getattr(rays_dashboards, f"generate_{name}_grafana_dashboard")()
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def _grafana_ini(self, provisioning: Path) -> str:
        """Readable without a login by whoever reaches loopback, so that Ray's dashboard can show panels; no admin."""
        data = self.folder / "grafana" / "data"
        sections: dict[str, dict[str, object]] = {
            "server": {"http_addr": LOOPBACK, "http_port": self.grafana_port},
            "paths": {"provisioning": provisioning, "data": data, "logs": data / "log", "plugins": data / "plugins"},
            "security": {"allow_embedding": "true", "disable_initial_admin_creation": "true"},
            "auth.anonymous": {"enabled": "true", "org_role": "Viewer"},
            "analytics": {
                "reporting_enabled": "false",
                "check_for_updates": "false",
                "check_for_plugin_updates": "false",
            },
        }
        return "\n".join(
            "\n".join([f"[{section}]", *(f"{key} = {value}" for key, value in values.items()), ""])
            for section, values in sections.items()
        )


def _provider(name: str, folder: Path) -> dict[str, object]:
    return {"name": name, "folder": name, "type": "file", "options": {"path": str(folder)}}
