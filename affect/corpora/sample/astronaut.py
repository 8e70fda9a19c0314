"""The one real face of the corpus: scikit-image's astronaut (Eileen Collins, photographed by NASA, public domain)."""

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from affect.corpora.sample.layout import CANVAS, EYES, Layout, Portrait

NAME = "astronaut"

# All points are pixels of the 512x512 photograph.
EYE_CENTRES = ((202.0, 101.0), (246.5, 103.0))
BROW_INNER = ((212.0, 91.0), (240.0, 93.0))
BROW_OUTER = ((190.0, 90.5), (262.0, 96.0))
NOSE_TIP = (222.0, 127.0)
MOUTH_CORNERS = ((203.0, 139.5), (244.0, 139.5))
UPPER_LIP_RIM, LOWER_LIP_RIM = (223.0, 143.0), (223.0, 149.5)
CHIN = (223.0, 178.0)

OUTLINE = (
    (180, 131), (173, 125), (170, 117), (164, 112), (157, 102), (154, 85), (153, 70), (157, 59), (165, 46), (176, 39),
    (186, 29), (202, 18), (222, 14), (246, 15), (266, 24), (281, 36), (291, 50), (298, 64), (301, 80), (300, 92),
    (297, 105), (290, 117), (280, 127), (276, 134), (268, 137), (265, 146), (259, 160), (256, 174), (272, 188),
    (289, 205), (301, 230), (318, 240), (338, 262), (352, 290), (364, 360), (364, 512), (22, 512), (22, 440),
    (40, 300), (62, 250), (90, 224), (113, 206), (113, 190), (124, 170), (145, 154), (172, 149), (185, 149), (182, 140),
)  # fmt: skip
"""Head and suit, traced by hand on the photograph."""

REST = {6: -0.3, 12: -0.55}
"""She smiles in the photograph: her relaxed face is had by undoing this much of the cheek and lip-corner raisers."""


def astronaut_portrait() -> Portrait:
    """Her portrait, the photograph turned and scaled so that the eyes lie where every portrait has them."""
    transform = _to_portrait()
    photograph: NDArray[np.uint8] = skimage.data.astronaut()
    cover = np.zeros(photograph.shape[:2], np.uint8)
    cv2.fillPoly(cover, [np.array(OUTLINE, np.int32)], 255, cv2.LINE_AA)
    softened = cv2.GaussianBlur(cover.astype(np.float32) / 255, (0, 0), 1.2)
    size = (CANVAS, CANVAS)
    return Portrait(
        picture=cv2.warpAffine(photograph, transform, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        alpha=cv2.warpAffine(softened, transform, size, flags=cv2.INTER_LINEAR),
        layout=_layout(transform),
        rest=REST,
        marks={},
        wrinkles=0.65,
        mobility=1.1,
    )


def _to_portrait() -> NDArray[np.float64]:
    """The similarity, 2x3, from photograph to portrait that puts the eyes in place."""
    (ax, ay), (bx, by) = EYE_CENTRES
    (cx, cy), (dx, dy) = EYES
    turn = complex(dx - cx, dy - cy) / complex(bx - ax, by - ay)
    shift = complex(cx, cy) - turn * complex(ax, ay)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _layout(transform: NDArray[np.float64]) -> Layout:
    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = transform @ (*point, 1.0)
        return float(x), float(y)

    left, right = place(MOUTH_CORNERS[0]), place(MOUTH_CORNERS[1])
    mouth = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    return Layout(
        brow_inner=(place(BROW_INNER[0]), place(BROW_INNER[1])),
        brow_outer=(place(BROW_OUTER[0]), place(BROW_OUTER[1])),
        eye_half=11.5,
        lids_drawn=(5.0, 3.6),
        lids_rest=(4.6, 3.6),
        lid_raise=3.0,
        nose=place(NOSE_TIP),
        mouth=mouth,
        mouth_half=(right[0] - left[0]) / 2,
        lips_drawn=(place(UPPER_LIP_RIM)[1] - mouth[1], place(LOWER_LIP_RIM)[1] - mouth[1]),
        lips_height=(4.0, 6.5),
        chin=place(CHIN),
        cheek_half=52.0,
    )
