"""ray-cluster.yaml is what Ray's launcher accepts."""

import json
from pathlib import Path

import jsonschema
import ray
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

CONFIG = yaml.safe_load((Path(__file__).parents[2] / "ray-cluster.yaml").read_text())


def test_it_passes_rays_own_schema() -> None:
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(CONFIG, schema)
    validate_config(prepare_config(CONFIG))


def test_workers_start_from_nothing_and_the_dashboard_is_private() -> None:
    head = CONFIG["head_node_type"]
    workers = {name: node for name, node in CONFIG["available_node_types"].items() if name != head}
    assert workers
    assert all(node["min_workers"] == 0 for node in workers.values())
    start = " ".join(CONFIG["head_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in start
    assert "RAY_AUTH_MODE=token" in start
