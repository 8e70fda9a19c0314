"""The manifests are what KubeRay accepts and name what there is here: versions, jobs, recipes, variables."""

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray
import yaml
from ray._private.ray_constants import DEFAULT_OBJECT_STORE_MEMORY_PROPORTION
from ray.serve.schema import ServeDeploySchema
from ray.train.v2._internal.constants import WORKER_GROUP_START_TIMEOUT_S_ENV_VAR
from typer.testing import CliRunner

from jobs import train
from jobs.recipes import recipe
from jobs.room import VARIABLE, Nodes, cluster_nodes, scaling
from serve.settings import ServeSettings

FOLDER = Path(__file__).parents[3] / "cluster" / "kubernetes"
ALONE = ("cluster", "train", "service")
RAY: dict[str, dict[str, Any]] = {name: yaml.safe_load((FOLDER / name / f"{name}.yaml").read_text()) for name in ALONE}
SCHEMAS = "AFFECT_KUBERAY_SCHEMAS"
RESOURCES = {"cpu": "CPU", "nvidia.com/gpu": "GPU"}
UNITS = {"Gi": 2**30, "Mi": 2**20}


def cluster_of(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = manifest["spec"]
    return spec.get("rayClusterSpec") or spec.get("rayClusterConfig") or spec


def pods() -> Iterator[Any]:
    for name, manifest in RAY.items():
        cluster = cluster_of(manifest)
        yield pytest.param(cluster["headGroupSpec"], id=f"{name} head")
        for group in cluster["workerGroupSpecs"]:
            yield pytest.param(group, id=f"{name} {group['groupName']}")


def size(text: str) -> float:
    return float(text[:-2]) * UNITS[text[-2:]]


def strict(schema: Any) -> Any:
    """The schema without leave to name what it does not know, which Kubernetes would drop in silence."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    known = isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields")
    if known and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    return made


# KubeRay's schemas are not kept here.
@pytest.mark.skipif(SCHEMAS not in os.environ, reason=f"{SCHEMAS} names no folder with KubeRay's schemas")
@pytest.mark.parametrize("name", ALONE)
def test_kuberays_schema_holds(name: str) -> None:
    manifest = RAY[name]
    schema = json.loads((Path(os.environ[SCHEMAS]) / f"{manifest['kind']}.v1.schema.json").read_text())
    checked = strict(schema)
    checked["properties"]["metadata"] = {"type": "object"}
    validator = jsonschema.Draft202012Validator(checked)  # without checking the large schema itself
    validator.validate(manifest)
    misspelt = json.loads(json.dumps(manifest))
    cluster_of(misspelt)["workerGroupSpecs"][0]["template"]["spec"]["containers"][0]["imagee"] = "x"
    with pytest.raises(jsonschema.ValidationError, match="imagee"):
        validator.validate(misspelt)


@pytest.mark.parametrize("name", ALONE)
def test_ray_is_the_installed_one_behind_a_token_and_scales(name: str) -> None:
    cluster = cluster_of(RAY[name])
    assert cluster["rayVersion"] == ray.__version__
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["enableInTreeAutoscaling"] is True
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert all(group["minReplicas"] < group["maxReplicas"] for group in cluster["workerGroupSpecs"])


@pytest.mark.parametrize("pod", list(pods()))
def test_every_pod_runs_the_image_as_nobody_with_room_for_objects(pod: dict[str, Any]) -> None:
    images = yaml.safe_load((FOLDER / "shared" / "kustomization.yaml").read_text())["images"]
    spec = pod["template"]["spec"]
    (container,) = spec["containers"]
    assert [container["image"]] == [image["name"] for image in images]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert f"USER {spec['securityContext']['runAsUser']}" in (FOLDER.parents[1] / "Dockerfile").read_text()
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    (volume,) = spec["volumes"]
    assert volume["name"] == container["volumeMounts"][0]["name"]
    memory = size(container["resources"]["limits"]["memory"])
    assert size(volume["emptyDir"]["sizeLimit"]) >= DEFAULT_OBJECT_STORE_MEMORY_PROPORTION * memory


@pytest.mark.parametrize("name", ["cluster", "train"])
def test_jobs_know_what_may_come_and_wait_for_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = cluster_of(RAY[name])
    groups = [
        (group["maxReplicas"], group["template"]["spec"]["containers"][0]["resources"]["limits"])
        for group in cluster["workerGroupSpecs"]
    ]
    (head,) = cluster["headGroupSpec"]["template"]["spec"]["containers"]
    given = {variable["name"]: variable["value"] for variable in head["env"]}
    assert set(given) == {VARIABLE, WORKER_GROUP_START_TIMEOUT_S_ENV_VAR}
    monkeypatch.setenv(VARIABLE, given[VARIABLE])
    assert cluster_nodes() == [
        Nodes(count, {RESOURCES[name]: float(held) for name, held in limits.items() if name in RESOURCES})
        for count, limits in groups
    ]


def test_the_job_is_one_that_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(RAY["train"]["spec"]["entrypoint"])
    assert words[:3] == ["python", "-m", "jobs.train"]
    changes = [words[number + 1] for number, word in enumerate(words) if word == "--set"]
    config = recipe(words[3], small=False).override(changes)
    (head,) = cluster_of(RAY["train"])["headGroupSpec"]["template"]["spec"]["containers"]
    for variable in head["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])
    asked = scaling(config.resources)
    assert asked.use_gpu
    assert asked.num_workers == cluster_of(RAY["train"])["workerGroupSpecs"][0]["maxReplicas"]
    known = CliRunner().invoke(train.app, ["--help"], env={"COLUMNS": "200"}).output
    assert all(word in known for word in words if word.startswith("--"))


def test_the_service_is_what_serve_deploys() -> None:
    deployed = yaml.safe_load(RAY["service"]["spec"]["serveConfigV2"])
    assert deployed == yaml.safe_load((FOLDER.parents[1] / "serve" / "application.yaml").read_text())
    settings = ServeDeploySchema(**deployed)
    (application,) = settings.applications
    module, _, builder = application.import_path.partition(":")
    assert callable(getattr(__import__(module, fromlist=[builder]), builder))
    asked = ServeSettings(**application.args)
    assert settings.http_options.host == "0.0.0.0"  # noqa: S104  # so it starts with a token alone, which a secret holds
    for group in (cluster_of(RAY["service"])["headGroupSpec"], *cluster_of(RAY["service"])["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        assert {"secretRef": {"name": "affect-serve"}} in container["envFrom"]
    replicas = asked.ingress_replicas + asked.detector_replicas + asked.model_replicas
    (group,) = cluster_of(RAY["service"])["workerGroupSpecs"]
    cpus = int(group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"])
    assert replicas * asked.cpus <= cpus * group["minReplicas"]


@pytest.mark.parametrize("name", [*ALONE, "monitor", "shared"])
def test_kustomizations_name_files_that_are_there(name: str) -> None:
    kustomization = yaml.safe_load((FOLDER / name / "kustomization.yaml").read_text())
    for file in kustomization["resources"]:
        assert (FOLDER / name / file).is_file()
    for component in kustomization.get("components", []):
        assert (FOLDER / name / component / "kustomization.yaml").is_file()
