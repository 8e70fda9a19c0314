"""Typed, validated configuration: what a recipe returns, what ``--set`` changes, what a run's config.yaml holds."""

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import pydantic
import yaml

from affect.errors import AffectError


class Configuration(pydantic.BaseModel):
    """Base of every configuration. Immutable; an unknown key is an error."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, validate_default=True)

    changeable: ClassVar[frozenset[str]] = frozenset()
    """Blocks of settings, at any depth, with other values of which a run may go on: they do not change what it does."""

    def override(self, assignments: Iterable[str]) -> Self:
        """A copy with each ``a.b=value`` applied; values are read as YAML.

        Raises AffectError naming the nearest right key where a key is unknown, and the reason where a value is wrong.
        """
        data = self.model_dump(mode="json")
        for assignment in assignments:
            dotted, separator, text = assignment.partition("=")
            if not separator:
                raise AffectError(f"--set {assignment!r} has no '='; write it as key=value, for example seed=1")
            try:
                value = yaml.safe_load(text)
            except yaml.YAMLError as error:
                raise AffectError(f"--set {assignment!r} has a value that is not YAML: {_in_a_line(error)}") from error
            _assign(data, dotted.strip().split("."), value, dotted.strip())
        return self.parse(data)

    @classmethod
    def parse(cls, data: Any) -> Self:
        """Validate ``data``; every fault is listed in one AffectError."""
        try:
            return cls.model_validate(data)
        except pydantic.ValidationError as error:
            faults = [_explain(cls, fault) for fault in error.errors()]
            raise AffectError("the configuration is not valid:\n  " + "\n  ".join(faults)) from error

    def to_yaml(self) -> str:
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """Raises AffectError where ``text`` is not YAML or no such configuration; an empty one has every default."""
        try:
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise AffectError(f"the configuration is not YAML: {_in_a_line(error)}") from error
        return cls.parse({} if data is None else data)


def differences(before: Configuration, after: Configuration) -> list[str]:
    """Lines ``key: before -> after`` for every value in which two configurations differ."""
    old, new = flatten(before.model_dump(mode="json")), flatten(after.model_dump(mode="json"))
    return [
        f"{key}: {old.get(key)!r} -> {new.get(key)!r}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def flatten(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _assign(data: dict[str, Any], keys: list[str], value: Any, dotted: str) -> None:
    # Keys of a mapping may hold dots themselves: a sweep's space has "optimiser.learning_rate".
    whole = (count for count in range(len(keys), 1, -1) if ".".join(keys[:count]) in data)
    count = next(whole, 1)
    key, rest = ".".join(keys[:count]), keys[count:]
    if not rest:
        data[key] = value
        return
    if data.get(key) is None and (key in data or not data):  # a mapping that is empty may get any key
        data[key] = {}
    if not isinstance(data.get(key), dict):
        raise AffectError(f"--set {dotted}: there is no {key!r} to set a value in{_nearest(key, data)}")
    _assign(data[key], rest, value, dotted)


def _in_a_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())


def _nearest(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


def _explain(model: type[pydantic.BaseModel], fault: Any) -> str:
    location = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{location}: {fault['msg']} (given: {fault['input']!r})"
    *parents, key = fault["loc"]
    known: Iterable[str] = model.model_fields
    for parent in parents:
        field = getattr(model, "model_fields", {}).get(parent)
        candidates = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, pydantic.BaseModel)), model)
        known = model.model_fields
    return f"{location}: unknown key{_nearest(str(key), known)}"
