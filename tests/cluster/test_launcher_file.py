"""ray-cluster.yaml is what Ray's launcher accepts, and brings the nodes that jobs ask for."""

import copy
import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray
import yaml
from ray.autoscaler._private.util import hash_runtime_conf, prepare_config, validate_config
from ray.autoscaler.v2.instance_manager.config import AutoscalingConfig
from ray.autoscaler.v2.scheduler import ResourceDemandScheduler, SchedulingRequest
from ray.autoscaler.v2.schema import AutoscalerInstance
from ray.autoscaler.v2.utils import ResourceRequestUtil
from ray.core.generated.instance_manager_pb2 import Instance, NodeKind
from ray.scripts.scripts import start
from ray.train.v2._internal.constants import WORKER_GROUP_START_TIMEOUT_S_ENV_VAR

from affect.training.settings import Resources
from jobs.room import VARIABLE, Nodes, cluster_nodes, processes, scaling

PROJECT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((PROJECT / "ray-cluster.yaml").read_text())
TYPES = CONFIG["available_node_types"]
WORKERS = {name: node for name, node in TYPES.items() if name != CONFIG["head_node_type"]}
SIZES = {"m6i.xlarge": {"CPU": 4}, "c6i.4xlarge": {"CPU": 16}, "g5.2xlarge": {"CPU": 8, "GPU": 1}}
"""What EC2 says of the instance types, which Ray asks for at launch."""


def shell(command: str, home: Path) -> str:
    done = subprocess.run(["bash", "-c", command], env={"HOME": str(home), "PATH": os.environ["PATH"]}, text=True,
                          capture_output=True, check=True)  # fmt: skip
    return done.stdout


def launched(failed: set[str], *requests: dict[str, float]) -> Counter[str]:
    """The node types that Ray's autoscaler starts for ``requests`` when only the head is there."""
    config = prepare_config(CONFIG)
    for node in config["available_node_types"].values():
        node["resources"] = SIZES[node["node_config"]["InstanceType"]] | node["resources"]
    scaling = AutoscalingConfig(config, skip_content_hash=True)
    head = AutoscalerInstance(im_instance=Instance(
        instance_type="head", instance_id="0", node_kind=NodeKind.HEAD, status=Instance.REQUESTED
    ))  # fmt: skip
    reply = ResourceDemandScheduler(event_logger=None).schedule(
        SchedulingRequest(
            disable_launch_config_check=True,
            node_type_configs=scaling.get_node_type_configs(),
            max_num_nodes=scaling.get_max_num_nodes(),
            resource_requests=ResourceRequestUtil.group_by_count([ResourceRequestUtil.make(one) for one in requests]),
            current_instances=[head],
            recoverable_resource_availabilities=dict.fromkeys(failed, 0.0),
        )
    )
    assert not reply.infeasible_resource_requests
    return Counter({request.instance_type: request.count for request in reply.to_launch})


def test_it_passes_rays_own_schema() -> None:
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(CONFIG, schema)
    validate_config(prepare_config(copy.deepcopy(CONFIG)))


@pytest.mark.parametrize(
    ("failed", "requests", "expected"),
    [
        (set(), [], {}),
        (set(), [{"CPU": 1}] * 40, {"preprocess": 3}),
        (set(), [{"CPU": 1, "GPU": 1}] * 4, {"train": 4}),
        (set(), [{"CPU": 1, "GPU": 1}] * 10, {"train": 8, "train-on-demand": 2}),
        ({"train"}, [{"CPU": 1, "GPU": 1}] * 2, {"train-on-demand": 2}),
    ],
    ids=["nothing", "preprocess", "train", "all GPUs", "no spot GPUs"],
)
def test_nodes_come_as_they_are_asked_for(
    failed: set[str], requests: list[dict[str, float]], expected: dict[str, int]
) -> None:
    assert launched(failed, *requests) == expected


def test_workers_start_from_nothing_and_only_the_head_may_start_nodes() -> None:
    assert all(node["min_workers"] == 0 for node in WORKERS.values())
    profiles = {name: node["node_config"]["IamInstanceProfile"]["Name"] for name, node in TYPES.items()}
    assert profiles.pop("head") not in set(profiles.values())
    folder = PROJECT / "cluster" / "aws"
    allowed = {
        name: {action for statement in json.loads((folder / f"{name}-policy.json").read_text())["Statement"]
               for action in statement["Action"]}
        for name in ("head", "worker")
    }  # fmt: skip
    assert {action.split(":")[0] for action in allowed["worker"]} == {"s3"}
    assert {"ec2:RunInstances", "ec2:TerminateInstances", "iam:PassRole", "ssm:GetParameters"} <= allowed["head"]
    assert allowed["worker"] <= allowed["head"]


@pytest.mark.parametrize("kind", ["head", "worker"])
def test_ray_starts_with_options_that_it_has_a_token_and_a_private_dashboard(kind: str) -> None:
    command = CONFIG[f"{kind}_start_ray_commands"][-1]
    assert "RAY_AUTH_MODE=token ray start" in command
    given = start.make_context("start", command.split("ray start ")[1].split()).params
    if kind == "head":
        assert given["head"]
        assert given["dashboard_host"] == "127.0.0.1"
    else:
        assert given["address"] == "$RAY_HEAD_IP:6379"


def test_what_is_mounted_is_a_few_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray reads all of it again and again."""
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("token")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(PROJECT)
    sources = [Path(source).expanduser() for source in CONFIG["file_mounts"].values()]
    assert all(source.is_file() for source in sources)
    assert hash_runtime_conf(CONFIG["file_mounts"], [], {}, generate_file_mounts_contents_hash=True)[1]


def test_every_command_is_bash_and_the_environment_is_set_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = [command for key in CONFIG if key.endswith("_commands") for command in CONFIG[key]]
    for command in commands:
        subprocess.run(["bash", "-n", "-c", command], check=True)
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "activate").write_text("export ACTIVE=yes")
    (tmp_path / ".bashrc").write_text("case $- in *i*) ;; *) return;; esac\n")
    for _ in range(2):
        shell(CONFIG["setup_commands"][-1], tmp_path)
    assert (tmp_path / ".bashrc").read_text().count("activate") == 1
    variables = dict(line.split("=", 1) for line in shell("source ~/.bashrc; env", tmp_path).splitlines())
    assert (variables["ACTIVE"], variables["RAY_AUTH_MODE"]) == ("yes", "token")
    assert variables[WORKER_GROUP_START_TIMEOUT_S_ENV_VAR] == "1800"
    monkeypatch.setenv(VARIABLE, variables[VARIABLE])
    monkeypatch.setattr(ray, "cluster_resources", dict)
    assert cluster_nodes() == nodes_that_can_come()
    assert processes() == 8 * 16
    asked = scaling(Resources(workers=10))
    assert (asked.num_workers, asked.use_gpu) == (10, True)


def nodes_that_can_come() -> list[Nodes]:
    counts: dict[str, int] = {}
    for node in WORKERS.values():
        kind = node["node_config"]["InstanceType"]
        counts[kind] = counts.get(kind, 0) + node["max_workers"]
    assert CONFIG["max_workers"] == sum(counts.values())
    return [Nodes(count, SIZES[kind]) for kind, count in counts.items()]
