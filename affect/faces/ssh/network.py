"""SSH's networks: a backbone without its head, and a detection module on each of three of its maps.

The VGG-16 form is the authors' (ICCV 2017, Figures 2 to 4); that on ResNet-50 is the one published with insightface,
with batch norm after every convolution of its modules and the landmarks beside the boxes.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from affect.faces.ssh.anchors import ANCHORS_PER_PLACE, LEVELS, anchors_of
from affect.faces.ssh.spec import SSHSpec
from affect.networks.batchnorm import synchronise
from affect.networks.encoder import scaled
from affect.networks.normalisation import NORMALISATIONS, PIXEL_CENTRE, normalise
from affect.networks.resnet import resnet_50
from affect.networks.spec import NetworkSpec
from affect.networks.vgg import vgg_face

LANDMARKS = 5
CLASSES = 2
"""Background, then face."""

NEW_LAYERS_DEVIATION = 0.01
"""Weights of all that is not the backbone begin normal with this deviation, their biases 0 (the authors' prototxt)."""

CONV4_3, CONV5_3 = 23, 30
"""Where the third convolutions of VGG's blocks 4 and 5 end, rectifiers included, among its layers."""

EPSILON = 2e-5
"""Of the batch norms in the modules on ResNet-50."""


class SSH(nn.Module):
    """Pictures of any size to a score, a box and perhaps landmarks for every anchor."""

    def __init__(self, spec: SSHSpec) -> None:
        super().__init__()
        self.spec = spec
        self.normalisation = NORMALISATIONS[spec.normalisation]
        make = ResNetMaps if spec.backbone == "resnet-50" else VGGMaps
        self.maps = make(_narrow(spec))
        self.heads = nn.ModuleList(
            Head(channels, units, spec, batchnorm=spec.backbone == "resnet-50")
            for channels, units in zip(self.maps.channels, self.maps.units, strict=True)
        )
        _initialise(self)
        if spec.sync_batchnorm:
            synchronise(self)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """RGB ``pictures`` (B, 3, H, W) of 0 to 255 to what each of the A anchors that ``anchors`` gives is.

        ``scores`` (B, A, 2) are logits of background and face, ``boxes`` (B, A, 4) and ``landmarks`` (B, A, 10) are
        coded by the anchors as in affect.faces.ssh.anchors.
        """
        wide = pictures.to(next(self.parameters()).dtype) / PIXEL_CENTRE - 1
        maps = self.maps(normalise(wide, self.normalisation))
        found = [head(features) for head, features in zip(self.heads, maps, strict=True)]
        return {name: torch.cat([one[name] for one in found], 1) for name in found[0]}


def anchors_for(height: int, width: int) -> Tensor:
    """The anchors (A, 4) of a picture's places in the order of SSH's outputs: left, top, right and bottom edges."""
    sides = [(-(-height // level.stride), -(-width // level.stride)) for level in LEVELS]
    return torch.cat([anchors_of(level, *side) for level, side in zip(LEVELS, sides, strict=True)])


class VGGMaps(nn.Module):
    """The maps of VGG-16 at strides 8, 16 and 32: conv4_3 joined with conv5_3, conv5_3, and conv5_3 pooled again."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        layers = vgg_face(spec).layers
        self.to_conv4, self.to_conv5 = layers[:CONV4_3], layers[CONV4_3:CONV5_3]
        deep, joined = scaled(512, spec), scaled(128, spec)
        self.channels = joined, deep, deep
        self.units = joined, scaled(256, spec), scaled(256, spec)
        self.reduce4, self.reduce5 = nn.Conv2d(deep, joined, 1), nn.Conv2d(deep, joined, 1)
        self.fuse = nn.Conv2d(joined, joined, 3, padding=1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        conv4 = self.to_conv4(pictures)
        conv5 = self.to_conv5(conv4)
        small = F.relu(self.reduce4(conv4))
        joined = small + _enlarged(F.relu(self.reduce5(conv5)))[..., : small.shape[2], : small.shape[3]]
        return F.relu(self.fuse(joined)), conv5, F.max_pool2d(conv5, 2, ceil_mode=True)


class ResNetMaps(nn.Module):
    """The last maps of ResNet-50 at strides 8, 16 and 32, the first joined with the second."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.layers = resnet_50(spec).layers
        joined = scaled(256, spec)
        self.channels = joined, scaled(1024, spec), scaled(2048, spec)
        self.units = joined, joined, joined
        self.reduce1, self.reduce2 = _normed(scaled(512, spec), joined, 1), _normed(scaled(1024, spec), joined, 1)
        self.fuse = _normed(joined, joined, 3)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        taps = {}
        features = pictures
        for name, layer in self.layers.named_children():
            features = taps[name] = layer(features)
        first, second, third = taps["layer2"], taps["layer3"], taps["layer4"]
        small = F.relu(self.reduce1(first))
        large = F.interpolate(F.relu(self.reduce2(second)), scale_factor=2.0, mode="nearest")
        joined = small + large[..., : small.shape[2], : small.shape[3]]
        return F.relu(self.fuse(joined)), second, third


class DetectionModule(nn.Module):
    """A 3x3 convolution beside a context module that sees 5x5 and 7x7 (Figures 3 and 4): ``2 * units`` channels."""

    def __init__(self, channels: int, units: int, half: int, *, batchnorm: bool) -> None:
        super().__init__()
        make = _normed if batchnorm else _plain
        self.conv3x3 = make(channels, units, 3)
        self.reduce = make(channels, half, 3)
        self.conv5x5 = make(half, half, 3)
        self.conv7x7_1 = make(half, half, 3)
        self.conv7x7 = make(half, half, 3)

    def forward(self, features: Tensor) -> Tensor:
        reduced = F.relu(self.reduce(features))
        seen = [self.conv3x3(features), self.conv5x5(reduced), self.conv7x7(F.relu(self.conv7x7_1(reduced)))]
        return F.relu(torch.cat(seen, 1))


class Head(nn.Module):
    """A detection module and what is told from it at each place of its map."""

    def __init__(self, channels: int, units: int, spec: SSHSpec, *, batchnorm: bool) -> None:
        super().__init__()
        half = max(1, units // 2)
        self.module = DetectionModule(channels, units, half, batchnorm=batchnorm)
        seen = units + 2 * half
        self.scores = nn.Conv2d(seen, CLASSES * ANCHORS_PER_PLACE, 1)
        self.boxes = nn.Conv2d(seen, 4 * ANCHORS_PER_PLACE, 1)
        self.landmarks = nn.Conv2d(seen, 2 * LANDMARKS * ANCHORS_PER_PLACE, 1) if spec.landmarks else None

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """By place, row after row, then by anchor, as ``anchors_for`` lists them."""
        seen = self.module(features)
        scores: Tensor = self.scores(seen)
        pictures, _, rows, columns = scores.shape
        # Channels are the backgrounds of all anchors, then their faces; of boxes an anchor's four are together.
        by_class = scores.reshape(pictures, CLASSES, ANCHORS_PER_PLACE, rows, columns)
        told = {
            "scores": by_class.permute(0, 3, 4, 2, 1).flatten(1, 3),
            "boxes": _by_anchor(self.boxes(seen)),
        }
        if self.landmarks is not None:
            told["landmarks"] = _by_anchor(self.landmarks(seen))
        return told


def _by_anchor(told: Tensor) -> Tensor:
    pictures, _, rows, columns = told.shape
    return told.reshape(pictures, ANCHORS_PER_PLACE, -1, rows, columns).permute(0, 3, 4, 1, 2).flatten(1, 3)


def _plain(channels: int, units: int, side: int) -> nn.Module:
    return nn.Conv2d(channels, units, side, padding=side // 2)


def _normed(channels: int, units: int, side: int) -> nn.Module:
    convolution = nn.Conv2d(channels, units, side, padding=side // 2, bias=False)
    return nn.Sequential(OrderedDict(conv=convolution, bn=nn.BatchNorm2d(units, EPSILON)))


def _enlarged(features: Tensor) -> Tensor:
    """Twice as large by the fixed bilinear deconvolution: kernel 4, stride 2, padding 1, each channel by itself."""
    line = features.new_tensor([0.25, 0.75, 0.75, 0.25])
    kernel = torch.outer(line, line).expand(features.shape[1], 1, 4, 4)
    return F.conv_transpose2d(features, kernel, stride=2, padding=1, groups=features.shape[1])


def _narrow(spec: SSHSpec) -> NetworkSpec:
    """Backbones are the encoders of the other networks; the input size plays no part in their layers."""
    return NetworkSpec(encoder=spec.backbone, width=spec.width, input_size=224)


def _initialise(network: SSH) -> None:
    """He for the backbone, which weights from outside replace; the rest as the authors began."""
    backbone = set(_backbone(network))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            if module in backbone or (network.spec.backbone == "resnet-50" and module.bias is None):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            else:
                nn.init.normal_(module.weight, std=NEW_LAYERS_DEVIATION)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _backbone(network: SSH) -> list[nn.Module]:
    maps = network.maps
    parts = [maps.layers] if isinstance(maps, ResNetMaps) else [maps.to_conv4, maps.to_conv5]
    return [module for part in parts for module in part.modules()]
