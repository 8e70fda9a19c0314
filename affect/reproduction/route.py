"""From a protocol and the rows at hand to trainings and a measurement, with what is missing and what departs."""

import hashlib
import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from affect import storage
from affect.corpora.published import published
from affect.corpora.splits import SPLITS
from affect.errors import AffectError
from affect.networks.parts import cnn_parts
from affect.pretrained import SOURCES
from affect.reproduction.departures import TOLD_ELSEWHERE, assignments, departures
from affect.reproduction.holdings import Holdings
from affect.reproduction.protocol import ALL_SPLITS, Protocol
from affect.training.settings import CHANGEABLE, STAGE, Chain, PretrainedWeights, Start, TrainConfig

SPLIT_NAMES = {"fer2013": {"validation": "PublicTest", "test": "PrivateTest"}}
"""Splits that a corpus's authors call otherwise."""

FOLD = "fold-"
"""Begins the names of a cross-validation's stages."""


@dataclass(frozen=True)
class Missing:
    """Something that a figure needs and the user has not, and how it is come by."""

    what: str
    how: str


@dataclass(frozen=True)
class Training:
    """One run of jobs.train in the folder ``uri``; its ``name`` says what it is, by its settings."""

    name: str
    uri: str
    stage: str
    config: TrainConfig


@dataclass(frozen=True)
class Measurement:
    """One run of jobs.evaluate in the folder ``uri``, of the model that ``training`` makes."""

    uri: str
    training: Training
    data: tuple[str, ...]
    corpus: str
    split: str
    zero_shot: str = ""


@dataclass(frozen=True)
class Route:
    """The way to a figure: trainings in order, then measurements, which are joined if there are several."""

    trainings: tuple[Training, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    joined: str = ""
    """The folder in which several measurements become one."""
    missing: tuple[Missing, ...] = ()
    departures: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """Where the figure is found."""
        return self.joined or self.measurements[0].uri


@dataclass(frozen=True)
class Means:
    """What the user has, and where results go."""

    holdings: Holdings
    out: str
    weights: Mapping[str, str] = field(default_factory=dict)
    """URIs of weights from outside, by TrainConfig.weights joined with "+"."""
    rows: Mapping[str, Holdings] = field(default_factory=dict)
    """Rows for one recipe alone, whose labels are made otherwise than the corpus gives them."""


def departing(settings: Sequence[str]) -> list[str]:
    """Those assignments that change what is learnt.

    Raises AffectError for one that would change which rows a training sees or what it begins with, unnamed.
    """
    for one in settings:
        if _block(one) in TOLD_ELSEWHERE:
            raise AffectError(
                f"--set {one} is not for the papers' tables: rows are given with --data, what a network begins with by "
                "--weights, and both are each recipe's own"
            )
    return [one for one in settings if _block(one) not in CHANGEABLE]


def _block(assignment: str) -> str:
    return assignment.partition("=")[0].strip().split(".")[0]


def find_route(
    config: TrainConfig | Chain,
    protocol: Protocol,
    means: Means,
    settings: Sequence[str] = (),
    *,
    partial: bool = False,
) -> Route:
    """The way to a figure, every training with ``settings``; its ``missing`` says why there is none.

    With ``partial`` the nearest way that there is: stages without rows are left out, absent weights are random, another
    split is measured; its ``departures`` name all of that, and what ``settings`` change.
    """
    return _Finder(config, protocol, means, settings, partial=partial).route()


class _Finder:
    """Goes through the stages from the last to those it begins with."""

    def __init__(
        self, config: TrainConfig | Chain, protocol: Protocol, means: Means, settings: Sequence[str], *, partial: bool
    ) -> None:
        self.protocol, self.means, self.settings, self.partial = protocol, means, settings, partial
        self.stages = dict(config.stages) if isinstance(config, Chain) else {"": config}
        self.own_rows = any(stage.labels and not stage.corpora for stage in self.stages.values())
        self.holdings = means.rows.get(protocol.recipe, Holdings(())) if self.own_rows else means.holdings
        self.missing: list[Missing] = []
        self.departures: list[str] = []
        self.trainings: dict[str, Training | None] = {}

    def route(self) -> Route:
        last = [name for name in self.stages if name.startswith(FOLD)] if self.protocol.how == "folds" else []
        final = {name: self._train(name) for name in last or [list(self.stages)[-1]]}
        found = [one for name, training in final.items() for one in self._measure(name, training)]
        told = tuple(dict.fromkeys(self.departures))
        if self.missing:
            return Route(missing=tuple(dict.fromkeys(self.missing)), departures=told)
        joined = ""
        if len(found) > 1:
            joined = storage.join(self.means.out, "joined", _digest([one.uri.rsplit("/", 1)[-1] for one in found]))
        kept = tuple(one for one in self.trainings.values() if one is not None)
        return Route(kept, tuple(found), joined, departures=told)

    def _train(self, name: str) -> Training | None:
        """The training of a stage and of those before it; None where it cannot be, which is then noted."""
        if name in self.trainings:
            return self.trainings[name]
        paper = self.stages[name]
        config = paper.override(self.settings)
        fold = _fold(name, config)
        here = self.holdings.of(config.corpora, config.network.input_size, fold)
        lacking = self._lacking(config, here.with_split("train"), fold)
        if lacking and not (self.partial and here.with_split("train").shelves):
            self.missing += lacking
            self.trainings[name] = None
            if not self.partial:  # what else is missing is said as well
                self._begun(config)
                for earlier in _before(config):
                    self._train(earlier)
            return None
        start, digests = self._starts(config)
        self.departures += [f"without {one.what}" for one in lacking]
        self.departures += departures(paper, config)
        config = self._begun(self._continued(config.model_copy(update={"start": start, "data": here.folders}), name))
        digests += [one.model for one in config.start if one not in start]
        key = _digest(config.model_dump(mode="json", exclude={*CHANGEABLE, "start"}) | {"begins with": digests})
        folder = f"{config.recipe.replace('/', '__')}-{key}"
        training = Training(folder, storage.join(self.means.out, "trainings", folder), name, config)
        self.trainings[name] = training
        return training

    def _lacking(self, config: TrainConfig, here: Holdings, fold: int | None) -> list[Missing]:
        if not here.shelves and self.own_rows:
            how = f"{config.labels}; give the rows with --rows {config.recipe}=ROWS (docs/annotation.md)"
            return [Missing("rows with labels of its own", how)]
        if not here.shelves and not config.corpora:
            return [Missing(f"rows of {config.network.input_size} pixels", "jobs.preprocess with --set alignment.size")]
        size = config.network.input_size
        held = self.holdings.of(config.corpora, size, fold).corpora
        return [
            self._without(name, "train") if name in held else self._corpus(name, size, fold)
            for name in config.corpora
            if name not in here.corpora
        ]

    def _corpus(self, name: str, size: int, fold: int | None) -> Missing:
        make = f"jobs.preprocess {name} --root WHERE_IT_LIES --out ROWS"
        if fold is not None:
            return Missing(
                f"{title(name)} in folds",
                f"jobs.partition {name} --folds 5, then {make} --set splits=FOLDS/splits.csv --set fold=0 and so on",
            )
        other = sorted({shelf.size for shelf in self.holdings.shelves if shelf.corpus == name} - {size})
        if other:
            return Missing(
                f"{title(name)} in crops of {size} pixels", f"{make} --set alignment.size={size}; there are {other[0]}"
            )
        resized = "" if size == 96 else f" --set alignment.size={size}"
        return Missing(title(name), f"{make}{resized} (docs/corpora.md: who has it)")

    def _starts(self, config: TrainConfig) -> tuple[tuple[Start, ...], list[str]]:
        """URIs in place of earlier stages, and the names of their trainings."""
        start, digests = [], []
        for one in config.start:
            stage = one.model.removeprefix(STAGE)
            if stage == one.model:
                start.append(one)
                digests.append(one.model)
                continue
            before = len(self.missing)
            earlier = self._train(stage)
            if self.partial:
                del self.missing[before:]
            if earlier is None:
                self._dropped(stage)
                continue
            start.append(one.model_copy(update={"model": earlier.uri}))
            digests.append(f"{earlier.name} {' '.join(one.parts)}")
        return tuple(start), digests

    def _dropped(self, stage: str) -> None:
        """An earlier stage that cannot be, and with it those that it alone begins with."""
        config = self.stages[stage]
        for earlier in _before(config):
            self._dropped(earlier)
        self.departures.append(f"no {' and '.join(map(title, config.corpora)) or 'earlier'} stage")

    def _continued(self, config: TrainConfig, name: str) -> TrainConfig:
        """``config`` of the stage ``name`` with pictures as the stages have them that it begins with."""
        earlier = [found for stage in _before(self.stages[name]) if (found := self.trainings[stage])]
        return _normalised(config, earlier[0].config.network.normalisation) if earlier else config

    def _begun(self, config: TrainConfig) -> TrainConfig:
        """``config`` with the weights that the paper's network begins with, and pictures as these need them."""
        if not config.weights:
            return config
        name = "+".join(config.weights)
        uri = self.means.weights.get(name)
        if uri is None:
            if self.partial:
                self.departures.append(f"random weights in place of {name}")
            else:
                how = f"--weights {name}=URI (docs/pretrained.md)"
                self.missing.append(Missing(f"weights {name}", how))
            return config
        if name in SOURCES:
            stream = config.network.streams[0]
            config = _normalised(config, SOURCES[name].normalisation)
            return config.model_copy(update={"pretrained": {stream: PretrainedWeights(source=name, uri=uri)}})
        return config.model_copy(update={"start": (*config.start, Start(model=uri, parts=cnn_parts(config.network)))})

    def _measure(self, stage: str, training: Training | None) -> list[Measurement]:
        """What is measured of a stage's model, none where it cannot be, which is then noted."""
        protocol = self.protocol
        config = self.stages[stage].override(self.settings)
        size, fold = config.network.input_size, _fold(stage, config)
        shelves = self.holdings.of(() if self.own_rows else (protocol.corpus,), size, fold)
        splits = self._measured(shelves.splits)
        if not splits:
            there = shelves.shelves or self.own_rows
            self.missing.append(
                self._without(protocol.corpus, protocol.split) if there else self._corpus(protocol.corpus, size, fold)
            )
        if not splits or training is None:
            return []
        corpus = protocol.corpus if protocol.corpus in shelves.corpora else shelves.corpora[0]
        zero_shot = protocol.corpus.removesuffix("-compound") if protocol.how == "zero-shot" else ""
        measured = []
        for split in splits:
            folder = "-".join(filter(None, [training.name, corpus, split, zero_shot and "zero-shot"]))
            uri = storage.join(self.means.out, "evaluations", folder)
            folders = shelves.with_split(split).folders
            measured.append(Measurement(uri, training, folders, corpus, split, zero_shot))
        return measured

    def _measured(self, there: Collection[str]) -> list[str]:
        """Of the splits that are ``there`` those that the protocol measures, none where they are not."""
        corpus, wanted = self.protocol.corpus, self.protocol.split
        if wanted == ALL_SPLITS:
            return [split for split in SPLITS if split in there]
        for split in (wanted, self.protocol.undivided):
            if split in there:
                return [split]
        if not self.partial or "validation" not in there:
            return []
        self.departures.append(f"{_split(corpus, 'validation')} in place of {_split(corpus, wanted)}")
        return ["validation"]

    def _without(self, corpus: str, split: str) -> Missing:
        """Of a corpus that has rows, but none of ``split``."""
        return Missing(
            f"{title(corpus)}'s {_split(corpus, split)}",
            f"add it to the others and run jobs.preprocess {corpus} again, or where its authors keep it or made none, "
            f"divide what there is: jobs.partition {corpus} --root WHERE_IT_LIES --out DIVIDED (docs/annotation.md), "
            f"then jobs.preprocess {corpus} --root WHERE_IT_LIES --out ROWS --set splits=DIVIDED/splits.csv",
        )


def title(corpus: str) -> str:
    """What people call a corpus."""
    whole = published(corpus.removesuffix("-compound")).title
    return f"{whole or corpus}{' (compound)' if corpus.endswith('-compound') and whole else ''}"


def command(training: Training, base: TrainConfig, *, small: bool = False) -> str:
    """The command of one training, alone; ``base`` is the recipe of its name."""
    sets = [f"--set {shlex.quote(one)}" for one in assignments(base, training.config)]
    data = [f"--data {folder}" for folder in training.config.data]
    name = training.config.recipe.removesuffix("/small")
    parts = [f"python -m jobs.train {name}", *(["--small"] if small else []), *data, *sets, f"--out {training.uri}"]
    return " ".join(parts)


def _normalised(config: TrainConfig, normalisation: str) -> TrainConfig:
    """``config`` with pictures in another range: parts of other networks are right with their own only."""
    return config.model_copy(update={"network": config.network.model_copy(update={"normalisation": normalisation})})


def _before(config: TrainConfig) -> Sequence[str]:
    return [one.model.removeprefix(STAGE) for one in config.start if one.model.startswith(STAGE)]


def _fold(stage: str, config: TrainConfig) -> int | None:
    """Of a stage of a cross-validation the fold; of its small preset, which takes any rows, none."""
    return int(stage.removeprefix(FOLD)) if stage.startswith(FOLD) and config.corpora else None


def _split(corpus: str, split: str) -> str:
    name = SPLIT_NAMES.get(corpus, {}).get(split)
    return f"{split} split ({name})" if name else f"{split} split"


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:10]
