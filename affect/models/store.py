"""Where finished models live under names: ``<store>/<name>/<version>/`` and ``<store>/<name>/current.json``.

A version is taken by creating its model.json, which must not be there yet, and is whole once its card.md is there, the
last to be written. A promotion that was cut short is completed by promoting the same model again.
"""

import hashlib
import json
import re
from dataclasses import dataclass

from affect import storage
from affect.errors import AffectError
from affect.models import conditional
from affect.models.card import model_card
from affect.models.files import DESCRIPTION, WEIGHTS, load_model, locate_model

CARD = "card.md"
CURRENT = "current.json"


@dataclass(frozen=True)
class StoredModel:
    """One name of a store with its whole versions, oldest first."""

    name: str
    current: str
    versions: tuple[str, ...]


def promote(model: str, store: str, name: str) -> str:
    """Put a model (a model's or run's folder) under ``name`` and make it the current version; returns the version.

    The same model under the same name is one version, however often and by however many it is promoted.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise AffectError(f"{name!r} cannot name a model: use lower-case letters, digits, '.', '_' and '-', at most 64")
    source = locate_model(model)
    _, description = load_model(source)  # what cannot be loaded is not promoted
    content = storage.read_bytes(storage.join(source, DESCRIPTION))  # holds the digest of the weights
    folder = storage.join(storage.absolute(store), name)
    version, taken = _take_version(folder, content)
    target = storage.join(folder, version)
    if not storage.exists(storage.join(target, CARD)):
        storage.write_bytes(storage.join(target, WEIGHTS), storage.read_bytes(storage.join(source, WEIGHTS)))
        storage.write_text(storage.join(target, CARD), model_card(name, version, description))
    _make_current(folder, version, content, go_back=not taken)
    return version


def current(store: str, name: str) -> str:
    """The version that is served under ``name``."""
    uri = storage.join(storage.absolute(store), name, CURRENT)
    found = conditional.read(uri)
    if found is None:
        names = [model.name for model in list_models(store)]
        raise AffectError(f"no model {name!r} in {store}; it holds: {', '.join(names) or 'none'}")
    version: str = json.loads(found[0])["version"]
    return version


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


def _make_current(folder: str, version: str, content: bytes, go_back: bool) -> None:
    """Name ``version`` in current.json; of new versions promoted at the same time the highest stays."""
    uri = storage.join(folder, CURRENT)
    digest = hashlib.sha256(content).hexdigest()
    data = (json.dumps({"version": version, DESCRIPTION: digest}, indent=2) + "\n").encode()
    while True:
        found = conditional.read(uri)
        if found is None:
            written = conditional.create(uri, data)
        elif found[0] == data or (int(json.loads(found[0])["version"]) > int(version) and not go_back):
            return
        else:
            written = conditional.replace(uri, data, found[1])
        if written:
            return
