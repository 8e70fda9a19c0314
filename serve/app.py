"""The application builder: ``serve run serve.app:app store=... name=...``, or ``python -m jobs.deploy``."""

from ray import serve

from affect import storage
from affect.models.files import load_description
from affect.models.store import current, resolve
from serve.answers import ModelName
from serve.detector import FaceDetector
from serve.ingress import Ingress
from serve.model import MAX_BATCH, FaceModel
from serve.settings import ServeSettings


def app(args: ServeSettings) -> serve.Application:
    """Interface -> detector -> model, for one version that is settled here, so that all replicas serve the same."""
    version = (args.version or current(args.store, args.name)).zfill(4)
    uri = resolve(storage.absolute(args.store), args.name, version)
    description = load_description(uri)
    # The old version serves on while the new one starts, so that nobody waits for it.
    take_over = {"max_surge_percent": 100, "max_constructor_retry_count": 3}
    cpus = {"num_cpus": args.cpus}
    detector = serve.deployment(
        FaceDetector,
        num_replicas=args.detector_replicas,
        ray_actor_options=cpus,
        max_ongoing_requests=MAX_BATCH,
        **take_over,
    )
    model = serve.deployment(
        FaceModel,
        num_replicas=args.model_replicas,
        ray_actor_options=cpus | {"num_gpus": args.gpus},
        max_ongoing_requests=2 * MAX_BATCH,  # one batch computes, the next one gathers
        **take_over,
    )
    ingress = serve.deployment(
        serve.ingress()(Ingress),
        num_replicas=args.ingress_replicas,
        ray_actor_options=cpus,
        max_ongoing_requests=2 * MAX_BATCH,
        max_queued_requests=args.limits.queue,
        **take_over,
    )
    application: serve.Application = ingress.bind(
        detector.bind(description.preprocessing.detector, args.threads),
        model.bind(uri, ModelName(name=args.name, version=version), args.threads),
        args.limits,
    )
    return application
