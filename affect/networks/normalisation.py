"""Colour order and range that encoders were made for: weights from outside need the pictures they were trained on.

The papers bring intensities to -1 to 1 (IJCV 2019, section 3.3; EXT 2018, III.A; BMVC 2019, 3; FaceBehaviorNet, 5) and
make no exception of networks that begin with published weights. Here is a departure from the print: such a network
takes the range and colours of its weights. Those of VGG-Face were made for BGR of 0 to 255 less a mean colour; in -1 to
1 they would see about a hundredth of it, red for blue, under biases of the old size. All others take the papers',
"unit".
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

PIXEL_CENTRE = 127.5
"""A picture of -1 to 1 holds (pixel - 127.5) / 127.5, of pixels 0 to 255."""


class Normalisation(NamedTuple):
    """The encoder sees (pixel - ``mean``) / ``scale``, pixels 0 to 255, all three in colour ``order``."""

    order: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]


NORMALISATIONS: dict[str, Normalisation] = {
    "unit": Normalisation("rgb", (PIXEL_CENTRE,) * 3, (PIXEL_CENTRE,) * 3),
    # The mean colour of each authors' training set, as they published it with their weights.
    "vgg-face": Normalisation("bgr", (93.5940, 104.7624, 129.1863), (1.0, 1.0, 1.0)),
    "vggface2": Normalisation("bgr", (91.4953, 103.8827, 131.0912), (1.0, 1.0, 1.0)),
    # Mean and deviation that torchvision's models were trained with.
    "imagenet": Normalisation("rgb", (0.485 * 255, 0.456 * 255, 0.406 * 255), (0.229 * 255, 0.224 * 255, 0.225 * 255)),
    # The mean colour of ImageNet, as Caffe's networks were trained with.
    "imagenet-caffe": Normalisation("bgr", (103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
    "sphereface": Normalisation("bgr", (127.5,) * 3, (128.0,) * 3),
    # Of the VGG-M trained on faces, from which FaceValue's started.
    "facevalue": Normalisation("rgb", (131.4538, 103.9875, 91.4623), (1.0, 1.0, 1.0)),
}


def normalise(images: Tensor, normalisation: Normalisation) -> Tensor:
    """``images`` (N, 3, S, S) of -1 to 1 in RGB, in the order and range of ``normalisation``; "unit" leaves them be."""
    if normalisation == NORMALISATIONS["unit"]:
        return images
    if normalisation.order == "bgr":
        images = images.flip(1)
    channels = list(zip(normalisation.mean, normalisation.scale, strict=True))
    gain = [PIXEL_CENTRE / scale for _, scale in channels]
    offset = [(PIXEL_CENTRE - mean) / scale for mean, scale in channels]
    return images * _constant(gain, images) + _constant(offset, images)


def _constant(values: list[float], images: Tensor) -> Tensor:
    return torch.tensor(values, dtype=images.dtype, device=images.device).view(3, 1, 1)
