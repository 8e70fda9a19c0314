"""The application builder: ``serve run serve.app:app store=... models=...``, or ``python -m jobs.deploy``."""

from ray import serve

from affect import storage
from serve.annotation.http import read_owners
from serve.authentication import Tokens, check_open
from serve.catalogue import read_entry
from serve.detector import FaceDetector, Settled
from serve.ingress import Ingress
from serve.listening import listening_host
from serve.model import MAX_BATCH, FaceModel
from serve.settings import ServeSettings


def app(args: ServeSettings) -> serve.Application:
    """Interface -> detector -> models, for versions that are settled here, so that all replicas serve the same.

    Raises AffectError where a model is not in the store, or where Serve listens to others and there is no token.
    """
    tokens = Tokens.read(args.access)
    check_open(listening_host(), tokens)
    return build(args, tokens)


def build(args: ServeSettings, tokens: Tokens) -> serve.Application:
    """The application, whose interface asks for one of ``tokens``."""
    store = storage.absolute(args.store)
    entries = tuple(read_entry(store, choice.name, choice.version) for choice in args.choices)
    followed = tuple(choice.name for choice in args.choices if choice.version is None)
    # The old replicas serve on while the new ones start, so that nobody waits for them.
    take_over = {
        "max_surge_percent": 100,
        "max_constructor_retry_count": 3,
        "graceful_shutdown_timeout_s": args.limits.request_s,
        "logging_config": {"enable_access_log": False},  # Serve's proxy writes a line for each request already
    }
    cpus = {"num_cpus": args.cpus}
    detector: serve.Application | Settled = Settled(entries[0].detector, args.threads)
    if args.detector_replicas:
        detector = serve.deployment(
            FaceDetector,
            num_replicas=args.detector_replicas,
            ray_actor_options=cpus,
            max_ongoing_requests=MAX_BATCH,
            **take_over,
        ).bind(detector, args.limits)
    model = serve.deployment(
        FaceModel,
        num_replicas=args.model_replicas,
        ray_actor_options=cpus | {"num_gpus": args.gpus},
        max_ongoing_requests=2 * MAX_BATCH,  # one batch computes, the next one gathers
        **take_over,
    )
    annotation = None
    if args.annotation is not None:
        place = args.annotation
        local = {"videos": storage.absolute(place.videos), "project": storage.absolute(place.project)}
        annotation = place.model_copy(update=local), read_owners(tokens, place.owner_token_file)
    ingress = serve.deployment(
        serve.ingress()(Ingress),
        num_replicas=args.ingress_replicas,
        ray_actor_options=cpus,
        # The interface itself says no to what is more than its queue, in words; Serve only to a flood.
        max_ongoing_requests=2 * args.limits.queue,
        max_queued_requests=args.limits.queue,
        backpressure_config={"status_code": 503, "retry_after_s": 1},
        **take_over,
    )
    application: serve.Application = ingress.bind(
        detector,
        model.bind(store, tuple(entry.id for entry in entries), args.room, args.threads, args.wanted(MAX_BATCH)),
        entries,
        followed,
        args.follow_s,
        args.limits,
        args.access,
        args.sources,
        tokens,
        annotation,
    )
    return application
