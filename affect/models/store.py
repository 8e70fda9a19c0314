"""Where finished models live under names: ``<store>/<name>/<version>/`` and ``<store>/<name>/current.json``.

A version is taken by creating its model.json, which must not be there yet, and is whole once its card.md is there, the
last to be written. A promotion that was cut short is completed by promoting the same model again. What was current
before, and why it is no longer, models.history keeps; what a model must not be worse at, models.gate.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from affect import storage
from affect.errors import AffectError
from affect.models import conditional
from affect.models.card import model_card
from affect.models.files import DESCRIPTION, WEIGHTS, ModelDescription, load_model, locate_model
from affect.models.gate import Gate, Gatekeeper, keep_gate, kept_gate
from affect.models.history import CURRENT, Change, came_before, keep, last_change, read_current, read_history
from affect.models.shipped import find_model

CARD = "card.md"

Tell = Callable[[str | None], dict[str, Any]]
"""What a change tells besides its place: given the version that is current, which the new one replaces."""


@dataclass(frozen=True)
class StoredModel:
    """One name of a store with its whole versions, oldest first."""

    name: str
    current: str
    versions: tuple[str, ...]


def promote(
    model: str,
    store: str,
    name: str,
    keeper: Gatekeeper | None = None,
    evaluation: Mapping[str, Any] | None = None,
) -> str:
    """Put a model (a model's or run's folder) under ``name`` and make it the current version; returns the version.

    The same model under the same name is one version, however often and by however many it is promoted. Where the name
    has a gate, or ``keeper`` brings one, the model must not be worse than the version that is current at the moment at
    which it takes its place; AffectError says where it is. ``evaluation``, metrics.json of an evaluation of the model,
    is told on its card; without it that of the gate.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise AffectError(f"{name!r} cannot name a model: use lower-case letters, digits, '.', '_' and '-', at most 64")
    source = locate_model(model)
    _, description = load_model(source)  # what cannot be loaded is not promoted
    content = storage.read_bytes(storage.join(source, DESCRIPTION))  # holds the digest of the weights
    _of_this_model(evaluation, content)
    folder = storage.join(storage.absolute(store), name)
    gate, told = _pass_gate(keeper, folder, name, source, content)
    version, taken = _take_version(folder, content)
    target = storage.join(folder, version)
    if not storage.exists(storage.join(target, CARD)):
        storage.write_bytes(storage.join(target, WEIGHTS), storage.read_bytes(storage.join(source, WEIGHTS)))
        storage.write_text(storage.join(target, CARD), _card(source, name, version, description, evaluation or told))

    def tell(before: str | None) -> dict[str, Any]:
        return {"source": source} | (_judged(keeper, gate, folder, name, source, before) if keeper and gate else {})

    _make_current(folder, version, content, "promote", tell, keep_newer=taken)
    return version


def _card(
    source: str, name: str, version: str, description: ModelDescription, evaluation: Mapping[str, Any] | None
) -> str:
    """Its own under its new name, where a model brings one with it and was not judged anew."""
    own = storage.join(source, CARD)
    if evaluation is None and storage.exists(own):
        return f"# {name} {version}\n" + storage.read_text(own).partition("\n")[2]
    return model_card(name, version, description, evaluation)


def back(store: str, name: str, version: str | None = None, reason: str = "") -> Change | None:
    """Make an earlier version current again: by default the one that the current version replaced.

    The gate is not asked: whoever goes back has a reason. None where that version is current already. Raises
    AffectError where there is nothing to go back to, or the version cannot be loaded.
    """
    now = current(store, name)
    folder = storage.join(storage.absolute(store), name)
    if version is None:
        earlier = [known for known in _whole_versions(folder) if int(known) < int(now)]
        # What was promoted before there was a history: the version before.
        version = came_before(read_history(folder)) or (earlier[-1] if earlier else None)
        if version is None:
            raise AffectError(f"{name} {now} replaced no other version; name one with --to, if there is another")
    target = resolve(store, name, version)
    load_model(target)
    content = storage.read_bytes(storage.join(target, DESCRIPTION))
    return _make_current(folder, version.zfill(4), content, "back", lambda _: {"reason": reason}, keep_newer=False)


def history(store: str, name: str) -> list[Change]:
    """Which version replaced which under ``name``, oldest first."""
    current(store, name)
    return read_history(storage.join(storage.absolute(store), name))


def current(store: str, name: str) -> str:
    """The version that is served under ``name``."""
    found = read_current(storage.join(storage.absolute(store), name))
    if found is None:
        names = [model.name for model in list_models(store)]
        raise AffectError(f"no model {name!r} in {store}; it holds: {', '.join(names) or 'none'}")
    version: str = found[0]["version"]
    return version


def locate(model: str, store: str | None) -> tuple[str, str]:
    """The folder of a model and what it is called.

    A run, a model's folder, one that comes with the package or, with a store, name or name/version.
    """
    if store is None:
        return find_model(model), ""
    name, _, version = model.partition("/")
    version = version or current(store, name)
    return resolve(store, name, version), f"{name}/{version.zfill(4)}"


def resolve(store: str, name: str, version: str | None = None) -> str:
    """The folder of a version, by default the current one, as ``load_model`` takes it."""
    folder = storage.join(storage.absolute(store), name)
    if version is None:
        return storage.join(folder, current(store, name))
    wanted = version.zfill(4)
    known = _whole_versions(folder)
    if wanted not in known:
        raise AffectError(f"no version {version!r} of {name!r} in {store}; it has: {', '.join(known) or 'none'}")
    return storage.join(folder, wanted)


def list_models(store: str) -> list[StoredModel]:
    """Every name of the store that has a current version, sorted."""
    models = []
    for name in storage.list_folders(store):
        folder = storage.join(storage.absolute(store), name)
        if storage.exists(storage.join(folder, CURRENT)):
            models.append(StoredModel(name, current(store, name), tuple(_whole_versions(folder))))
    return models


def versions(store: str, name: str) -> list[str]:
    """The whole versions of ``name``, oldest first."""
    return _whole_versions(storage.join(storage.absolute(store), name))


def _versions(folder: str) -> list[str]:
    """Versions that are taken; a folder without model.json is still free."""
    folders = [version for version in storage.list_folders(folder) if re.fullmatch(r"\d{4,}", version)]
    return [version for version in folders if storage.exists(storage.join(folder, version, DESCRIPTION))]


def _whole_versions(folder: str) -> list[str]:
    return [version for version in _versions(folder) if storage.exists(storage.join(folder, version, CARD))]


def _take_version(folder: str, content: bytes) -> tuple[str, bool]:
    """The version that holds ``content``, and whether it was taken for it just now."""
    while True:
        versions = _versions(folder)
        for version in versions:
            if storage.read_bytes(storage.join(folder, version, DESCRIPTION)) == content:
                return version, False
        version = f"{int(versions[-1]) + 1 if versions else 1:04d}"
        if conditional.create(storage.join(folder, version, DESCRIPTION), content):
            return version, True


def _of_this_model(evaluation: Mapping[str, Any] | None, content: bytes) -> None:
    if evaluation is not None and evaluation["model"]["sha256"] != hashlib.sha256(content).hexdigest():
        raise AffectError(
            f"the evaluation is of another model ({evaluation['model']['name'] or evaluation['model']['recipe']}); "
            "give one of the model that is promoted"
        )


def _pass_gate(
    keeper: Gatekeeper | None, folder: str, name: str, source: str, content: bytes
) -> tuple[Gate | None, Mapping[str, Any] | None]:
    """The gate that holds, once the model has passed it, and what the model's evaluation found."""
    if keeper is None:
        kept = kept_gate(folder)
        if kept is not None and kept.gate is not None:
            raise AffectError(f"{name} has a gate, which takes an evaluation: promote it by python -m jobs.promote")
        return None, None
    gate = keeper.settle(folder, name)
    if gate is None:
        keep_gate(folder, None, change=keeper.change)
        return None, None
    state = read_current(folder)
    before = state[0]["version"] if state is not None else None
    digest = hashlib.sha256(content).hexdigest()
    if state is None or state[0][DESCRIPTION] != digest:
        _judged(keeper, gate, folder, name, source, before)
    metrics = keeper.evaluate(source, gate)
    gate = gate.model_copy(update={"rows": metrics["model"]["rows"]})
    # After it has served once, so that a gate that cannot be used is not kept.
    keep_gate(folder, gate, change=keeper.change)
    return gate, metrics


def _judged(keeper: Gatekeeper, gate: Gate, folder: str, name: str, source: str, before: str | None) -> dict[str, Any]:
    """What the gate says of the model in ``source``; AffectError where it refuses and nobody forces it."""
    verdict = keeper.judge(gate, source, None if before is None else storage.join(folder, before))
    if verdict.faults and not keeper.force:
        raise AffectError(
            f"{name} stays at {before}: the model is refused by its gate ({verdict.evaluated_on}):\n  "
            + "\n  ".join(verdict.faults)
            + "\n--force REASON promotes it nevertheless, and the reason is kept"
        )
    return {
        "evaluated_on": verdict.evaluated_on,
        "figures": verdict.figures,
        "figures_before": verdict.before,
        "tolerance": gate.tolerance,
        "forced": bool(verdict.faults),
        "reason": keeper.force,
    }


def _make_current(
    folder: str, version: str, content: bytes, action: str, tell: Tell, *, keep_newer: bool
) -> Change | None:
    """Name ``version`` in current.json and keep the change; None where nothing changes.

    With ``keep_newer`` a higher version stays: of new ones promoted at the same time the highest is current. ``tell``
    is asked again where somebody else was faster, with what is current then; what it raises leaves all as it was.
    """
    uri = storage.join(folder, CURRENT)
    digest = hashlib.sha256(content).hexdigest()
    while True:
        found = read_current(folder)
        before = found[0]["version"] if found is not None else None
        last = last_change(found[0]) if found is not None else None
        if last is not None:
            keep(folder, last)  # whoever made it may not have got so far
        if found is not None and (before, found[0][DESCRIPTION]) == (version, digest):
            return None
        if before is not None and int(before) > int(version) and keep_newer:
            return None
        number = 1 if last is None else last.number + 1
        change = Change.model_validate(
            {"number": number, "action": action, "version": version, "before": before} | tell(before)
        )
        state = {"version": version, DESCRIPTION: digest, "change": change.model_dump(mode="json")}
        data = (json.dumps(state, indent=2) + "\n").encode()
        if conditional.create(uri, data) if found is None else conditional.replace(uri, data, found[1]):
            keep(folder, change)
            return change
