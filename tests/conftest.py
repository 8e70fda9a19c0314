"""What many tests share: one local Ray cluster for the whole session."""

import os
import tempfile
from collections.abc import Iterator

import hypothesis
import pytest

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("affect", deadline=None)
hypothesis.settings.load_profile("affect")

# Several processes share few cores: threads of each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("RAY_AUTH_MODE", "disabled")
# Despite its name, on any system: Ray uses 127.0.0.1 instead of the machine's address.
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.2")
os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A real one-node Ray with more logical than real CPUs, so that Data never starves beside trainers."""
    import ray

    # A short path: Ray's sockets live below it and their names are limited to 107 bytes.
    with tempfile.TemporaryDirectory(prefix="affect-ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        ray.init(
            num_cpus=8,
            object_store_memory=300 * 2**20,
            include_dashboard=False,
            log_to_driver=False,
            _temp_dir=folder,
        )
        yield
        ray.shutdown()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a bucket of a real S3 server, which the usual environment variables name while it runs."""
    from tests.s3_server import s3_server

    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server.bucket
