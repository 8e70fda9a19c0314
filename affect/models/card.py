"""The model card: model.json told to a person, in Markdown."""

import jinja2
import yaml

from affect.labels import EXPRESSIONS, action_unit_label
from affect.models.files import ModelDescription
from affect.networks.spec import NetworkSpec

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("affect.models", "."),
    autoescape=False,  # noqa: S701  # Markdown, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def model_card(name: str, version: str, model: ModelDescription) -> str:
    """The card of one version; the same description gives the same text."""
    metrics: dict[str, dict[str, float]] = {}
    for key, value in model.metrics.items():
        split, _, metric = key.rpartition("/")
        metrics.setdefault(metric, {})[split] = value
    return _ENVIRONMENT.get_template("card.md.j2").render(
        name=name,
        version=version,
        model=model,
        all_synthetic=all(used.synthetic for used in model.data),
        outputs=outputs(model.network),
        metrics=metrics,
        splits=list(dict.fromkeys(key.rpartition("/")[0] for key in model.metrics)),
        network=model.network.to_yaml(),
        settings=yaml.safe_dump(model.settings, sort_keys=False),
        preprocessing=model.preprocessing.to_yaml(),
    )


def outputs(network: NetworkSpec) -> list[str]:
    """What the heads of a network give, a line each."""
    lines = {
        "valence_arousal": "valence and arousal, each in [-1, 1]",
        "expression": "probabilities of the expressions " + ", ".join(EXPRESSIONS),
        "action_units": "probabilities of the action units " + ", ".join(map(action_unit_label, network.action_units)),
        "compound": "probabilities of the compound expressions " + ", ".join(network.compounds),
        "identity": f"probabilities of {len(network.identities)} identities",
    }
    return [lines[head] for head in network.heads]
