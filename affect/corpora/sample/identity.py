"""Invented people: geometry, colours and hair of a face, drawn from a seed."""

from dataclasses import dataclass

import numpy as np

from affect.corpora.sample.layout import EYES, Layout

Colour = tuple[float, float, float]

SKIN: tuple[Colour, ...] = (
    (247, 212, 190),
    (236, 192, 164),
    (222, 170, 136),
    (202, 148, 112),
    (172, 119, 85),
    (138, 92, 66),
    (108, 72, 54),
)
HAIR: tuple[Colour, ...] = (
    (28, 22, 20),
    (62, 40, 26),
    (98, 64, 38),
    (150, 104, 58),
    (196, 160, 104),
    (128, 58, 32),
    (150, 148, 146),
)
IRIS: tuple[Colour, ...] = ((70, 42, 24), (96, 66, 36), (74, 96, 120), (78, 104, 74), (92, 104, 112))
STYLES = ("short", "parted", "bob", "long", "receding", "fringe")


@dataclass(frozen=True)
class Identity:
    """One invented person. Colours are RGB in [0, 255]; lengths are pixels of the portrait."""

    layout: Layout
    skin: Colour
    lips: Colour
    hair: Colour
    brows: Colour
    iris: Colour
    clothes: Colour
    stripes: bool
    style: str
    jaw: float  # half-width at the height of the mouth, as a share of the cheeks'
    forehead: float
    crown: float  # y of the top of the skull
    volume: float  # of the hair over the skull
    nose_width: float
    nose_height: float
    brow_thickness: float
    brow_density: float
    brow_arch: float
    cheekbones: float
    stubble: float
    freckles: float
    wrinkles: float
    mobility: float
    pupil: float  # size of iris and pupil
    fringe: float  # y down to which a fringe hangs
    marks: dict[int, float]
    curtain: float  # how far from the middle long hair hangs, as a share of the cheeks' half-width
    seed: int


def draw_identity(seed: int, number: int) -> Identity:
    """Person ``number`` of the people invented from ``seed``."""
    rng = np.random.default_rng([seed, number, 11])
    tone = (number % len(SKIN) + rng.uniform(-0.45, 0.45)) / (len(SKIN) - 1) * (len(SKIN) - 1)
    skin = _between(SKIN, float(np.clip(tone, 0, len(SKIN) - 1)))
    dark = 1 - sum(skin) / 3 / 255
    hair = HAIR[int(rng.integers(0, 3 if dark > 0.5 else len(HAIR)))]
    red = rng.uniform(0.75, 0.95)
    lips = (skin[0] * red, skin[1] * red * rng.uniform(0.62, 0.75), skin[2] * red * rng.uniform(0.68, 0.82))
    clothes = rng.uniform(30, 215, 3)
    return Identity(
        layout=_draw_layout(rng),
        skin=skin,
        lips=lips,
        hair=hair,
        brows=_scaled(hair, 0.75 if sum(hair) > 150 else 1.0),
        iris=IRIS[int(rng.integers(0, 2 if dark > 0.5 else len(IRIS)))],
        clothes=(float(clothes[0]), float(clothes[1]), float(clothes[2])),
        stripes=bool(rng.random() < 0.3),
        style=STYLES[(number * 5 + int(rng.integers(0, 2))) % len(STYLES)],
        jaw=rng.uniform(0.74, 0.9),
        forehead=rng.uniform(0.88, 0.97),
        crown=rng.uniform(52, 64),
        volume=rng.uniform(8, 17),
        nose_width=rng.uniform(8.5, 12.5),
        nose_height=rng.uniform(11, 17),
        brow_thickness=rng.uniform(2.0, 5.2),
        brow_density=rng.uniform(0.5, 0.92),
        brow_arch=rng.uniform(1.5, 4.5),
        cheekbones=rng.uniform(1, 5),
        stubble=rng.uniform(0.1, 0.25) if rng.random() < 0.3 else 0.0,
        freckles=rng.uniform(0.0, 0.25),
        wrinkles=rng.uniform(0.7, 1.1),
        mobility=rng.uniform(0.85, 1.15),
        pupil=rng.uniform(0.84, 1.02),
        fringe=rng.uniform(87, 96),
        marks=_draw_marks(rng),
        curtain=rng.uniform(0.8, 0.93),
        seed=int(rng.integers(2**31)),
    )


def _draw_marks(rng: np.random.Generator) -> dict[int, float]:
    """Action units whose creases the relaxed face keeps, and how deep."""
    deepest = {1: 0.35, 4: 0.35, 6: 0.3, 10: 0.5, 12: 0.45, 15: 0.35, 17: 0.3}
    return {unit: float(rng.uniform(0, depth)) for unit, depth in deepest.items() if rng.random() < 0.4}


def _draw_layout(rng: np.random.Generator) -> Layout:
    centre = 160.0
    brow = rng.uniform(99.5, 106.5)
    lid_raise = float(np.clip(EYES[0][1] - brow - 8.8, 2.6, 4.0))
    brow_tilt = rng.uniform(-1.5, 2.0)
    inner, outer = rng.uniform(10.5, 13.5), rng.uniform(42, 46)
    mouth = float(rng.uniform(166, 183))
    upper = rng.uniform(3.9, 5.6)
    lower = rng.uniform(3.2, 4.2)
    return Layout(
        brow_inner=((centre - inner, brow + brow_tilt), (centre + inner, brow + brow_tilt)),
        brow_outer=((centre - outer, brow), (centre + outer, brow)),
        eye_half=float(rng.uniform(10.8, 14.2)),
        lids_drawn=(upper + lid_raise + 0.4, lower + 1.5),
        lids_rest=(upper, lower),
        lid_raise=lid_raise,
        nose=(centre, min(EYES[0][1] + float(rng.uniform(27, 35)), mouth - 17)),
        mouth=(centre, mouth),
        mouth_half=float(rng.uniform(19.5, 24.5)),
        lips_drawn=(0.0, 0.0),
        lips_height=(float(rng.uniform(3.4, 7.5)), float(rng.uniform(5, 9.5))),
        chin=(centre, max(float(rng.uniform(207, 219)), mouth + 31)),
        cheek_half=float(rng.uniform(53, 61)),
    )


def _between(colours: tuple[Colour, ...], position: float) -> Colour:
    low = min(int(position), len(colours) - 2)
    share = position - low
    first, second = colours[low], colours[low + 1]
    return (
        first[0] + share * (second[0] - first[0]),
        first[1] + share * (second[1] - first[1]),
        first[2] + share * (second[2] - first[2]),
    )


def _scaled(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
