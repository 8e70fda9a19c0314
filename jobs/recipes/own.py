"""The project's own model for faces of real people: MT-ArcRes on FER2013 with FERPlus's votes.

No paper's experiment. What differs from BMVC 2019's is chosen for grey pictures of 48 pixels and a few hours of two CPU
cores; docs/own-model.md has what each choice gave.
"""

from affect.catalogue import NETWORKS
from affect.labels import ACTION_UNITS, EXPRESSIONS, action_unit_weights
from affect.networks.spec import ArcFace
from affect.objectives.settings import CoAnnotation, DistributionMatching, ObjectiveSettings
from affect.objectives.soft_labels import SoftLabels
from affect.training.settings import (
    STAGE,
    Augmentation,
    BatchSettings,
    Chain,
    Compute,
    OptimiserSettings,
    Resources,
    ScheduleSettings,
    Start,
    TrainConfig,
)
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice
from jobs.recipes.bmvc2019_sweeps import for_trials

PAPER = "no paper, docs/own-model.md"


def fer2013() -> Chain:
    """Expressions on FER2013, whose rows are made as docs/own-model.md says, in two cycles of the learning rate.

    The second begins with what the first ended with, gives votes less of the label and changes pictures less: after the
    first the network told training pictures apart little better than others, and read the official labels worse than a
    linear layer on its embeddings did.
    """
    first = first_cycle()
    second = first.model_copy(
        update={
            "recipe": "own/fer2013/second-cycle",
            "start": (Start(model=f"{STAGE}first-cycle", parts=("streams", "heads")),),
            "objective": ObjectiveSettings(soft_labels=SoftLabels(votes=0.2)),
            "optimiser": first.optimiser.model_copy(update={"learning_rate": 0.05}),
            "schedule": ScheduleSettings(name="one-cycle", warm_up=0.1),
            "augmentation": Augmentation(flip=True, shift=0.06, scale=0.1, rotation=10, light=0.2, erase=0.08),
            "epochs": 12,
        }
    )
    return Chain(recipe="own/fer2013", paper=PAPER, stages={"first-cycle": first, "second-cycle": second})


def first_cycle() -> TrainConfig:
    """From random weights."""
    spec = NETWORKS["bmvc2019/mt-arcres-expr"].spec.model_copy(
        update={
            "input_size": 48,
            "first_stride": 1,
            "width": 0.5,
            "residual_units": (0, 1, 2, 1),
            "residual_unit": "resnet",
            "pooling": "average",
            "embedding": 256,
            "dropout": 0.2,
            "arcface": ArcFace(scale=16.0, margin=0.1),
            "mirrored": True,
        }
    )
    return TrainConfig(
        recipe="own/fer2013/first-cycle",
        paper=PAPER,
        corpora=("fer2013",),
        network=spec,
        objective=ObjectiveSettings(soft_labels=SoftLabels(votes=0.5)),
        optimiser=OptimiserSettings(
            name="sgd", learning_rate=0.1, momentum=0.9, weight_decay=5e-4, clip_norm=5.0, average=0.998
        ),
        schedule=ScheduleSettings(name="one-cycle", warm_up=0.15),
        batch=BatchSettings(size=128, passes=3),
        augmentation=Augmentation(flip=True, shift=0.08, scale=0.12, rotation=12, light=0.2, erase=0.15),
        compute=Compute(precision="bfloat16"),
        resources=Resources(workers=2),
        epochs=14,
        centre_rows=1024,
        checkpoint_steps=200,
    )


def arcface() -> SweepConfig:
    """ArcFace's s and m of the first cycle, at half its width, in a seventh of its steps, each to the end."""
    first = for_trials(first_cycle())
    narrow = first.model_copy(
        update={
            "network": first.network.model_copy(update={"width": 0.25}),
            "batch": BatchSettings(size=128),
            # In so few steps the rate cannot rise as slowly, and the mean of the last 500 would be of a third of them.
            "optimiser": first.optimiser.model_copy(update={"learning_rate": 0.03, "average": 0.98}),
            "resources": first.resources.model_copy(update={"workers": 1}),
            "epochs": 6,
        }
    )
    return SweepConfig(
        recipe="own/fer2013/arcface",
        paper=PAPER,
        train=narrow,
        space={
            "network.arcface.scale": Choice(values=(8.0, 16.0, 32.0)),
            "network.arcface.margin": Choice(values=(0.0, 0.1, 0.3)),
        },
        search="grid",
        metric="expression_accuracy",
        grace_epochs=6,
        best=0,
    )


def ingredients() -> SweepConfig:
    """What votes and averaging give a network as those of ``arcface``, beside what another seed does."""
    sweep = arcface()
    return sweep.model_copy(
        update={
            "recipe": "own/fer2013/ingredients",
            "search": "one-at-a-time",
            "space": {
                "objective.soft_labels.votes": Choice(values=(0.0, 0.5, 1.0)),
                "optimiser.average": Choice(values=(None, 0.98)),
                "seed": Choice(values=(0, 1)),
            },
        }
    )


def action_units() -> Chain:
    """Then action units, without a label of any: what follows from the expressions (FaceBehaviorNet, section 3).

    Those of its Table 1, by co-annotation and by distribution matching in its Bernoulli form with the expressions'
    side taken as given; all that was learnt before stays as it is.
    """
    stages = fer2013().stages
    last, before = list(stages.items())[-1]
    shares = action_unit_weights(EXPRESSIONS, ACTION_UNITS, weighted=False)
    covered = tuple(unit for unit, share in zip(ACTION_UNITS, shares.T, strict=True) if share.any())
    spec = before.network.model_copy(update={"heads": ("expression", "action_units"), "action_units": covered})
    kept = ("streams", "heads.expression")
    then = before.model_copy(
        update={
            "recipe": "own/fer2013/action-units",
            "network": spec,
            "start": (Start(model=f"{STAGE}{last}", parts=kept),),
            "frozen": kept,
            "objective": ObjectiveSettings(
                soft_labels=before.objective.soft_labels,
                action_units="mean",
                co_annotation=CoAnnotation(expressions=False, negatives=True),
                distribution_matching=DistributionMatching(form="bernoulli", detached="q", weighted=True),
            ),
            "optimiser": OptimiserSettings(name="adam", learning_rate=1e-3),
            "batch": BatchSettings(size=128),
            "epochs": 4,
        }
    )
    return Chain(recipe="own/fer2013/action-units", paper=PAPER, stages=stages | {"action-units": then})
