"""What fully describes an SSH network: kept in the file of its weights."""

from typing import Literal

from pydantic import Field

from affect.configuration import Configuration

Backbone = Literal["resnet-50", "vgg-16"]


class SSHSpec(Configuration):
    """SSH on ResNet-50 with five landmarks, as the papers used it, or on VGG-16 as it was published, without."""

    backbone: Backbone = "resnet-50"
    landmarks: bool = True
    """Whether the five landmarks are found with the box."""
    width: float = Field(default=1.0, gt=0)
    """Multiplies the channels; 1.0 is the published size."""
    sync_batchnorm: bool = False
    """Batch norm over the pictures of all workers. VGG-16 has none."""

    @property
    def normalisation(self) -> str:
        """Colours as the backbone's weights were trained with, one of networks.normalisation.NORMALISATIONS."""
        return "imagenet" if self.backbone == "resnet-50" else "imagenet-caffe"
