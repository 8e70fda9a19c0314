"""Entries of models, read from the store."""

import math

from affect import storage
from affect.interface.answers import RuntimeTaken, StoredModel
from affect.labels import ACTION_UNIT_NAMES, action_unit_label
from affect.models.choosing import Choice
from affect.models.files import ModelDescription, load_description
from affect.models.outputs import not_given
from affect.models.store import CARD, current, resolve, versions
from serve.entry import Entry


def read_entry(store: str, name: str, version: str | None = None) -> Entry:
    """A version of ``name``, by default the current one. Raises AffectError where the store has none."""
    settled = (version or current(store, name)).zfill(4)
    folder = resolve(store, name, settled)
    description = load_description(folder)
    return Entry(
        stored_model(name, settled, description, versions(store, name)),
        description,
        storage.read_text(storage.join(folder, CARD)),
    )


def stored_model(name: str, version: str, description: ModelDescription, known: list[str]) -> StoredModel:
    """What /v1/models says about a model of which the versions ``known`` are stored."""
    network = description.network
    units = network.action_units if "action_units" in network.heads else ()
    return {
        "name": name,
        "version": version,
        "outputs": list(network.heads),
        "not_given": [*not_given(network)],
        "expressions": [*network.names("expression")],
        "compounds": [*network.names("compound")],
        "action_units": [*network.names("action_units")],
        "action_unit_names": {action_unit_label(unit): ACTION_UNIT_NAMES[unit] for unit in units},
        "takes": network.takes,
        "trained_on": [{"corpus": used.corpus, "synthetic": used.synthetic} for used in description.data],
        "metrics": {name: value if math.isfinite(value) else None for name, value in description.metrics.items()},
        "created": description.created,
        "runtime": None,  # each replica finds it when it loads the model
        "versions": known,
    }


def runtime_taken(choice: Choice) -> RuntimeTaken:
    """What /v1/models says about how a model is computed."""
    return {
        "name": choice.runtime,
        "precision": choice.precision,
        "measured": [
            {
                "name": timing.runtime,
                "precision": timing.precision,
                "milliseconds": {str(faces): round(took, 3) for faces, took in timing.milliseconds.items()},
            }
            for timing in choice.timings
        ],
        "left_out": [
            {"name": one.runtime, "precision": one.precision, "reason": one.reason} for one in choice.left_out
        ],
    }
