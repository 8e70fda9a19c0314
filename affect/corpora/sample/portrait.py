"""The relaxed portrait of an invented person: a lit height map for the skin, drawn eyes, brows, lips and hair."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.corpora.sample.identity import Colour, Identity
from affect.corpora.sample.layout import CANVAS, EYES, Array, Portrait

SCALE = 2
"""Portraits are drawn this many times larger and then averaged down, which smooths every edge."""

SIDE = CANVAS * SCALE
X, Y = (grid.astype(np.float32) / SCALE for grid in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
SIGNS = (-1.0, 1.0)


def draw_portrait(person: Identity, light: tuple[float, float]) -> Portrait:
    """The portrait of ``person`` lit from direction ``light`` (x to the right, y down; lengths below 1)."""
    rng = np.random.default_rng(person.seed)
    head = _fill(_outline(person), 1.0)
    shade = _lambert(_relief(person), light)
    canvas = np.zeros((SIDE, SIDE, 3), np.float32)
    alpha = np.zeros((SIDE, SIDE), np.float32)
    strands = _strands(rng)

    alpha = _paint(canvas, alpha, _hair_behind(person), _colour(person.hair) * (0.75 * strands)[..., None])
    alpha = _paint(canvas, alpha, *_body(person, rng))
    alpha = _paint(canvas, alpha, *_ears(person))
    alpha = _paint(canvas, alpha, head, _skin(person, rng) * shade[..., None])
    _features(person, canvas, shade)
    front = _colour(person.hair) * (strands * (0.45 + 0.6 * shade))[..., None]
    alpha = _paint(canvas, alpha, _hair_front(person, head), front)

    # Halve before dividing by alpha: the colour of the empty surroundings must not bleed into the edges.
    small = _shrink(canvas) / np.maximum(_shrink(alpha), 1e-3)[..., None]
    return Portrait(
        picture=np.clip(small, 0, 255).astype(np.uint8),
        alpha=_shrink(alpha),
        layout=person.layout,
        rest={},
        marks=person.marks,
        wrinkles=person.wrinkles,
        mobility=person.mobility,
    )


def _shrink(drawn: Array) -> Array:
    softened = cv2.GaussianBlur(drawn, (0, 0), 1.0 * SCALE)
    small: Array = cv2.resize(softened, (CANVAS, CANVAS), interpolation=cv2.INTER_AREA)
    return small


def _colour(colour: Colour) -> Array:
    return np.array(colour, np.float32)


def _bump(x: float, y: float, width: float, height: float) -> Array:
    result: Array = np.exp(-(((X - x) / width) ** 2) - ((Y - y) / height) ** 2)
    return result


def _fill(points: NDArray[np.float64], blur: float) -> Array:
    """A filled polygon as coverage in [0, 1], its edge softened by ``blur``."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(points * SCALE * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    cover: Array = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), blur * SCALE)
    return cover


def _stroke(points: NDArray[np.float64], thickness: float, blur: float) -> Array:
    """An open line as coverage in [0, 1]."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    fixed = np.round(points * SCALE * 16).astype(np.int32)
    cv2.polylines(mask, [fixed], False, 255, max(1, round(thickness * SCALE)), cv2.LINE_AA, 4)
    cover: Array = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), blur * SCALE)
    return cover


def _paint(canvas: Array, alpha: Array, mask: Array, colour: Array) -> Array:
    """Lay ``colour`` over the (premultiplied) canvas where ``mask``; returns the new alpha."""
    canvas *= (1 - mask)[..., None]
    canvas += mask[..., None] * colour
    result: Array = alpha + mask * (1 - alpha)
    return result


def _outline(person: Identity) -> NDArray[np.float64]:
    """The head's outline: forehead, cheeks, jaw and chin, through a closed smooth curve."""
    layout = person.layout
    cheek, chin, mouth = layout.cheek_half, layout.chin[1], layout.mouth[1]
    heights = np.array([person.crown, person.crown + 9, 88, 112, 140, mouth, (mouth + chin) / 2 + 3, chin - 3, chin])
    widths = cheek * np.array([0, 0.55, person.forehead, 0.99, 0.98, person.jaw, person.jaw * 0.72, 0.27, 0])
    angle = np.linspace(0, 1, len(heights))
    fine = np.linspace(0, 1, 60)
    y, w = np.interp(fine, angle, heights), np.interp(fine, angle, widths)
    y, w = (cv2.GaussianBlur(v[None], (9, 1), 1.6, borderType=cv2.BORDER_REFLECT_101)[0] for v in (y, w))
    centre = layout.mouth[0]
    right, left = np.stack([centre + w, y], 1), np.stack([centre - w, y], 1)[::-1]
    return np.concatenate([right, left])


def _relief(person: Identity) -> Array:
    """Height of the skin above the portrait's plane."""
    layout = person.layout
    centre, nose_y = layout.nose
    mouth_y, chin_y = layout.mouth[1], layout.chin[1]
    middle = (person.crown + chin_y) / 2
    dome = 1 - ((X - centre) / (layout.cheek_half * 1.12)) ** 2 - ((Y - middle) / ((chin_y - person.crown) * 0.6)) ** 2
    relief: Array = 46 * np.sqrt(np.clip(dome, 0.02, 1))
    along = np.clip((Y - 104) / (nose_y - 104), 0, 1)
    past = np.clip((Y - nose_y) / 5, 0, None)
    ridge = np.exp(-(((X - centre) / (4 + 3.5 * along)) ** 2)) * along**1.3 * np.exp(-(past**2))
    relief += person.nose_height * ridge
    for sign, (x, y), inner, outer in zip(SIGNS, EYES, layout.brow_inner, layout.brow_outer, strict=True):
        relief -= 10.5 * _bump(x, y - 1, 15, 9)
        relief += 3.5 * _bump((inner[0] + outer[0]) / 2, inner[1] + 1, 20, 6)
        relief += person.cheekbones * _bump(centre + sign * 36, 146, 14, 11)
        relief += 4.5 * _bump(centre + sign * person.nose_width * 0.72, nose_y + 1, 4.6, 4.6)
    relief += 2.6 * _bump(centre, mouth_y - 3.4, layout.mouth_half * 0.75, 3.5)
    relief += 3.4 * _bump(centre, mouth_y + 4.2, layout.mouth_half * 0.6, 4)
    relief -= 2.8 * _bump(centre, mouth_y + 12.5, 15, 4)
    relief += 4.5 * _bump(centre, chin_y - 12, 13, 9)
    relief -= 1.2 * _bump(centre, (nose_y + mouth_y) / 2 + 1, 2.8, 6)
    smooth: Array = cv2.GaussianBlur(relief, (0, 0), 1.2 * SCALE)
    return smooth


def _lambert(relief: Array, light: tuple[float, float]) -> Array:
    """Lambertian shading with ambient light and a weak highlight, about 1 where the skin faces the viewer."""
    dy, dx = (1.65 * slope for slope in np.gradient(relief, 1 / SCALE))
    norm = np.sqrt(dx**2 + dy**2 + 1)
    towards = np.sqrt(max(1 - light[0] ** 2 - light[1] ** 2, 0.1))
    diffuse = np.clip((-dx * light[0] - dy * light[1] + towards) / norm, 0, 1)
    result: Array = (0.28 + 0.78 * diffuse + 0.16 * diffuse**24).astype(np.float32)
    return result


def _skin(person: Identity, rng: np.random.Generator) -> Array:
    """Colour of the skin before light: tone, flush, freckles, stubble."""
    layout = person.layout
    centre = layout.nose[0]
    colour = np.broadcast_to(_colour(person.skin), (SIDE, SIDE, 3)).copy()
    flush = sum(_bump(centre + sign * 34, 152, 17, 14) for sign in SIGNS) + 0.8 * _bump(*layout.nose, 10, 8)
    colour *= 1 - 0.1 * flush[..., None] * np.array([0.1, 1.0, 0.9], np.float32)
    coarse = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 3 * SCALE)
    fine = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 0.6 * SCALE)
    spots = cv2.GaussianBlur((rng.random((SIDE, SIDE)) > 0.997).astype(np.float32), (0, 0), 0.7 * SCALE) * 8
    colour *= (1 + 0.35 * coarse + 0.035 * fine - person.freckles * spots * (Y < 165))[..., None]
    beard = np.clip((Y - 158) / 14, 0, 1) * (1 - 0.9 * _bump(*layout.mouth, layout.mouth_half, 8))
    colour *= (1 - person.stubble * beard * (1 + 0.25 * fine))[..., None]
    return colour


def _strands(rng: np.random.Generator) -> Array:
    noise = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    strands = cv2.GaussianBlur(noise, (0, 0), sigmaX=1.2, sigmaY=16)
    result: Array = np.clip(1 + 0.24 * strands / strands.std(), 0.35, 1.7)
    return result


def _body(person: Identity, rng: np.random.Generator) -> tuple[Array, Array]:
    """Neck and shoulders: coverage and colour."""
    centre, chin = person.layout.chin
    neck = person.layout.cheek_half * 0.62
    base = chin + 26
    shoulder = rng.uniform(92, 112)
    outline = np.array(
        [
            (centre - neck, chin - 40), (centre + neck, chin - 40), (centre + neck, base - 6),
            (centre + neck + 22, base + 6), (centre + shoulder, base + 26), (centre + shoulder + 16, 330),
            (centre - shoulder - 16, 330), (centre - shoulder, base + 26), (centre - neck - 22, base + 6),
            (centre - neck, base - 6),
        ]
    )  # fmt: skip
    collar = base - 4 + 13 * np.clip(1 - ((X - centre) / (neck * 1.05)) ** 2, -0.4, 1)
    cloth = np.clip((Y - collar) * 2, 0, 1)[..., None]
    stripes = 1 + (0.18 * np.sign(np.sin(Y * 0.7)) if person.stripes else 0.0)
    folds = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 9 * SCALE)
    fabric = _colour(person.clothes) * (np.clip(0.85 + 5 * folds, 0.5, 1.2) * stripes)[..., None]
    shadow = 0.75 + 0.25 * np.clip((Y - chin - 4) / 24, 0, 1) - 0.15 * np.abs(X - centre) / neck
    throat = _colour(person.skin) * np.clip(shadow, 0.3, 1)[..., None]
    return _fill(outline, 1.0), cloth * fabric + (1 - cloth) * throat


def _ears(person: Identity) -> tuple[Array, Array]:
    reach = person.layout.cheek_half
    cover = np.zeros((SIDE, SIDE), np.float32)
    for sign in SIGNS:
        x = (160 + sign * (reach + 1)) * SCALE
        part = np.zeros((SIDE, SIDE), np.float32)
        cv2.ellipse(part, (round(x), 134 * SCALE), (8 * SCALE, 15 * SCALE), sign * 8, 0, 360, 1.0, -1, cv2.LINE_AA)
        cover = np.maximum(cover, part)
    inner = _bump(158 - reach, 133, 3.5, 9) + _bump(162 + reach, 133, 3.5, 9)
    return cover, _colour(person.skin) * (0.82 - 0.3 * inner)[..., None]


def _hair_behind(person: Identity) -> Array:
    reach, crown = person.layout.cheek_half, person.crown
    if person.style in ("short", "receding"):
        return np.zeros((SIDE, SIDE), np.float32)
    length = {"long": 236, "bob": 188, "fringe": 172, "parted": 128}[person.style]
    widen = {"long": 17, "bob": 15, "fringe": 11, "parted": 7}[person.style]
    cover = np.zeros((SIDE, SIDE), np.float32)
    axes = (round((reach + widen) * SCALE), round((120 - crown + 12) * SCALE))
    cv2.ellipse(cover, (160 * SCALE, 120 * SCALE), axes, 0, 180, 360, 1.0, -1, cv2.LINE_AA)
    side = np.clip(1 - (np.abs(X - 160) - (reach + widen - 4)) / 4, 0, 1) * (Y >= 120) * np.clip((length - Y) / 8, 0, 1)
    return np.maximum(cover, side.astype(np.float32))


def _hair_front(person: Identity, head: Array) -> Array:
    """Hair over the skull: above a hairline that the style shapes, slightly wider than the head."""
    reach, crown = person.layout.cheek_half, person.crown
    skull = np.zeros((SIDE, SIDE), np.float32)
    axes = (round((reach + person.volume * 0.6) * SCALE), round((126 - crown + person.volume) * SCALE))
    cv2.ellipse(skull, (160 * SCALE, 126 * SCALE), axes, 0, 180, 360, 1.0, -1, cv2.LINE_AA)
    skull = np.maximum(skull, head * (Y < 130))
    across = (X - 160) / reach
    top = {"short": 80, "parted": 79, "bob": 82, "long": 80, "receding": 68, "fringe": person.fringe}[person.style]
    line = top + {"receding": 9, "fringe": 0}.get(person.style, 4) * across**2
    if person.style == "parted":
        line += 9 * across
    temples = {"short": 122, "parted": 126, "bob": 168, "long": 190, "receding": 118, "fringe": 150}[person.style]
    inset = person.curtain if person.style in ("bob", "long", "fringe") else 0.94
    line = np.where(np.abs(across) > inset, temples, line)
    line = cv2.GaussianBlur(line.astype(np.float32), (0, 0), sigmaX=2.5 * SCALE)
    wide = np.maximum(skull, (np.abs(across) < 1.08) * (Y > 120) * (temples > Y)).astype(np.float32)
    cover = wide * np.clip((line - Y) / 2.5, 0, 1)
    softened: Array = cv2.GaussianBlur(cover, (0, 0), 0.8 * SCALE)
    return softened


def _features(person: Identity, canvas: Array, shade: Array) -> None:
    """Eyes at their widest, brows, nostrils and closed lips, painted onto the skin."""
    layout = person.layout
    opaque = np.ones((SIDE, SIDE), np.float32)
    for sign, centre in zip(SIGNS, EYES, strict=True):
        _eye(person, canvas, opaque, centre)
        _brow(person, canvas, opaque, sign)
        nostril = _bump(layout.nose[0] + sign * person.nose_width * 0.5, layout.nose[1] + 4.6, 2.9, 1.6)
        canvas *= (1 - 0.62 * nostril)[..., None]
        wing = _bump(layout.nose[0] + sign * person.nose_width * 1.15, layout.nose[1] + 2, 1.6, 4)
        canvas *= (1 - 0.25 * wing)[..., None]
    canvas *= (1 - 0.2 * _bump(layout.nose[0], layout.nose[1] + 7, person.nose_width, 2.5))[..., None]
    _lips(person, canvas, opaque, shade)


def _eye(person: Identity, canvas: Array, opaque: Array, centre: tuple[float, float]) -> None:
    layout = person.layout
    x, y = centre
    t = np.linspace(-1, 1, 31)
    upper = np.stack([x + layout.eye_half * t, y - layout.lids_drawn[0] * (1 - t**2)], 1)
    lower = np.stack([x + layout.eye_half * t, y + layout.lids_drawn[1] * (1 - t**2)], 1)
    opening = _fill(np.concatenate([upper, lower[::-1]]), 0.3)
    distance = np.sqrt((X - x) ** 2 + (Y - y + 0.4) ** 2)
    ball = _colour((186, 180, 174)) * (1 - 0.25 * ((X - x) / layout.eye_half) ** 2)[..., None]
    iris = np.clip((6.2 - distance / person.pupil) * 1.5, 0, 1)[..., None]
    rim = np.clip(1.15 - 0.5 * np.clip((distance - 4) / 2, 0, 1), 0, 2)[..., None]
    ball = ball * (1 - iris) + iris * _colour(person.iris) * rim
    pupil = np.clip((2.7 - distance / person.pupil) * 1.5, 0, 1)[..., None]
    ball = ball * (1 - pupil) + pupil * 12
    glint = _bump(x - 1.8, y - 2.4, 1.1, 1.1)[..., None]
    _paint(canvas, opaque, opening, (ball * (1 - glint) + glint * 255).astype(np.float32))
    lash = np.array((30, 22, 18), np.float32) + 0 * canvas
    _paint(canvas, opaque, 0.9 * np.clip(_stroke(upper, 1.6, 0.4), 0, 1), lash)
    _paint(canvas, opaque, 0.4 * np.clip(_stroke(lower, 0.9, 0.4), 0, 1), lash)
    crease = np.stack([x + layout.eye_half * 1.05 * t, y - (layout.lids_drawn[0] + 3) * (1 - t**2) - 1], 1)
    canvas *= (1 - 0.22 * _stroke(crease, 1.2, 0.7))[..., None]


def _brow(person: Identity, canvas: Array, opaque: Array, sign: float) -> None:
    layout, side = person.layout, 0 if sign < 0 else 1
    inner, outer = np.array(layout.brow_inner[side]), np.array(layout.brow_outer[side])
    t = np.linspace(0, 1, 25)[:, None]
    middle = (
        inner + t * (outer - inner) - np.array([0, person.brow_arch]) * np.sin(np.pi * np.clip(t * 0.85 + 0.1, 0, 1))
    )
    half = person.brow_thickness / 2 * np.clip(1.15 - t**2.5, 0.15, 1) * np.array([[0, 1]])
    cover = _fill(np.concatenate([middle - half, (middle + half)[::-1]]), 0.5)
    _paint(canvas, opaque, person.brow_density * cover, np.broadcast_to(_colour(person.brows), canvas.shape))


def _lips(person: Identity, canvas: Array, opaque: Array, shade: Array) -> None:
    layout = person.layout
    x, y = layout.mouth
    up, low = layout.lips_height
    t = np.linspace(-1, 1, 41)
    rim = np.stack([x + layout.mouth_half * t, np.full_like(t, y)], 1)
    bow = up * ((1 - np.abs(t) ** 1.7) - 0.22 * np.exp(-((t / 0.13) ** 2)))
    upper = _fill(np.concatenate([rim - np.stack([0 * t, bow], 1), rim[::-1]]), 0.6)
    lower = _fill(np.concatenate([rim, (rim + np.stack([0 * t, low * (1 - np.abs(t) ** 2.2)], 1))[::-1]]), 0.6)
    colour = _colour(person.lips) * shade[..., None]
    _paint(canvas, opaque, 0.85 * upper, colour * 0.86)
    _paint(canvas, opaque, 0.85 * lower, colour * (1.0 + 0.14 * _bump(x, y + low * 0.5, 8, 2.2))[..., None])
    canvas *= (1 - 0.55 * np.clip(_stroke(rim, 1.0, 0.5), 0, 1))[..., None]
