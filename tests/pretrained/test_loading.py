"""Weights into networks: the right values in the right colours, or an error that says all that is wrong."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor
from torch.nn import functional

from affect.errors import AffectError
from affect.networks import Network
from affect.pretrained.loading import load_pretrained
from tests.made_weights import caffemodel, cell, filters, narrow, randomised, write_dag, write_simple

VGG_BLOCKS = ((4, 2), (8, 2), (16, 3), (32, 3), (32, 3))
VGG_INDICES = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
MEAN_BGR = (93.5940, 104.7624, 129.1863)
Arrays = dict[str, np.ndarray]


def vgg_weights() -> Arrays:
    """By the authors' names; two fully connected layers of 16 and 12 units on maps of 2x2."""
    rng = np.random.default_rng(0)
    weights, channels = {}, 3
    for block, (units, places) in enumerate(VGG_BLOCKS, 1):
        for place in range(1, places + 1):
            weights[f"conv{block}_{place}"] = rng.normal(0, (2 / channels / 9) ** 0.5, (units, channels, 3, 3))
            channels = units
    weights |= {"fc6": rng.normal(size=(16, 32, 2, 2)), "fc7": rng.normal(size=(12, 16)), "fc8": np.ones((2622, 12))}
    return {
        f"{layer}.{part}": values.astype(np.float32)
        for layer, weight in weights.items()
        for part, values in (("weight", weight), ("bias", rng.normal(size=weight.shape[0])))
    }


def vgg_features(weights: Arrays, pixels: np.ndarray, order: str) -> Tensor:
    """The reference: pictures (N, 3, 64, 64) of 0 to 255, RGB, as the authors fed them, through their layers."""
    features = torch.tensor((pixels - np.reshape(MEAN_BGR[::-1], (3, 1, 1))).astype(np.float32))
    features = features if order == "rgb" else features.flip(1)
    parts = {name: torch.tensor(values) for name, values in weights.items()}
    for block, (_, places) in enumerate(VGG_BLOCKS, 1):
        for place in range(1, places + 1):
            layer = f"conv{block}_{place}"
            features = functional.conv2d(features, parts[f"{layer}.weight"], parts[f"{layer}.bias"], padding=1).relu()
        features = functional.max_pool2d(features, 2)
    features = features.flatten(1)
    for layer in ("fc6", "fc7"):
        weight = parts[f"{layer}.weight"]
        features = functional.linear(features, weight.flatten(1), parts[f"{layer}.bias"]).relu()
    return features


def flat(weights: Arrays) -> Arrays:
    """Fully connected layers as matrices, as Caffe and PyTorch have them."""
    return {n: v.reshape(len(v), -1) if n.startswith("fc") and v.ndim > 1 else v for n, v in weights.items()}


def layers(weights: Arrays) -> list[tuple[str, np.ndarray, np.ndarray]]:
    names = [name.removesuffix(".weight") for name in weights if name.endswith(".weight")]
    return [(name, weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in names]


def write_caffe(path: Path, weights: Arrays, *, first: bool = False) -> str:
    model = [(name, "Convolution", [weight, bias]) for name, weight, bias in layers(flat(weights))]
    path.write_bytes(caffemodel([("pool1", "Pooling", []), *model], first=first))
    return str(path)


def write_simplenn(path: Path, weights: Arrays, *, old: bool = False) -> str:
    structs = []
    for name, weight, bias in layers(weights):
        turned = filters(weight)
        structs.append(
            (name, {"filters": turned, "biases": bias[None]} if old else {"weights": cell([turned, bias[:, None]])})
        )
    write_simple(path, structs, wrapped=old)
    return str(path)


def write_dagnn(path: Path, weights: Arrays) -> str:
    params = []
    for name, weight, bias in layers(weights):
        params += [(f"{name}f", filters(weight)), (f"{name}b", bias[:, None])]
    write_dag(path, params)
    return str(path)


def write_pth(path: Path, weights: Arrays, rename: Callable[[str], str] = str) -> str:
    torch.save({rename(name): torch.tensor(values) for name, values in flat(weights).items()}, path)
    return str(path)


def underscored(name: str) -> str:
    return name.replace("conv", "conv_")


def grouped(name: str) -> str:
    return ("fc." if name.startswith("fc") else "features.") + underscored(name)


def like_torchvision(name: str) -> str:
    layer, part = name.split(".")
    convolutions = [f"conv{block}_{place + 1}" for block, (_, n) in enumerate(VGG_BLOCKS, 1) for place in range(n)]
    if layer in convolutions:
        return f"features.{VGG_INDICES[convolutions.index(layer)]}.{part}"
    return f"classifier.{ {'fc6': 0, 'fc7': 3, 'fc8': 6}[layer] }.{part}"


VGG_FILES: dict[str, tuple[str, str, Callable[[Path, Arrays], str]]] = {
    "caffe": ("vgg-face", "bgr", lambda path, w: write_caffe(path / "VGG_FACE.caffemodel", w)),
    "first caffe": ("vgg-face", "bgr", lambda path, w: write_caffe(path / "VGG_FACE.caffemodel", w, first=True)),
    "simplenn": ("vgg-face", "rgb", lambda path, w: write_simplenn(path / "vgg-face.mat", w)),
    "old simplenn": ("vgg-face", "rgb", lambda path, w: write_simplenn(path / "vgg_face.mat", w, old=True)),
    "dagnn": ("vgg-face", "rgb", lambda path, w: write_dagnn(path / "vgg_face_dag.mat", w)),
    "pytorch-mcn": ("vgg-face", "rgb", lambda path, w: write_pth(path / "vgg_face_dag.pth", w)),
    "of t7": ("vgg-face", "bgr", lambda path, w: write_pth(path / "vgg_face.pth", w, underscored)),
    "PyVGGFace": ("vgg-face", "bgr", lambda path, w: write_pth(path / "vggface.pth", w, grouped)),
    "torchvision": ("vgg-face", "bgr", lambda path, w: write_pth(path / "vgg.pt", w, like_torchvision)),
    "torchvision rgb": ("vgg-face-rgb", "rgb", lambda path, w: write_pth(path / "vgg.pt", w, like_torchvision)),
}


@pytest.mark.parametrize("file", VGG_FILES)
def test_every_file_of_vgg_face_sees_pictures_as_its_authors_did(tmp_path: Path, file: str) -> None:
    source, order, write = VGG_FILES[file]
    weights = vgg_weights()
    network = narrow("vgg-face", "vgg-face", fully_connected=(16, 12)).eval()
    report = load_pretrained(network, source, write(tmp_path, weights))
    pixels = np.random.default_rng(1).integers(0, 256, (2, 3, 64, 64))
    given = torch.tensor(pixels.astype(np.float32) / 127.5 - 1)
    expected = vgg_features(weights, pixels, order)
    torch.testing.assert_close(network({"image": given})["embedding"], expected, rtol=1e-3, atol=1e-3 * expected.max())
    assert len(report.loaded) == 2 * 15
    assert len(report.left_out) == 2
    assert set(report.fresh) == {name for name in network.state_dict() if name.startswith("heads.")}


@pytest.mark.parametrize(
    ("settings", "taken", "reason"),
    [
        ({"fully_connected": ()}, 0, "no place"),
        ({"fully_connected": (16, 12), "landmarks": True}, 0, r"\[16, 128\] where the network has \[16, 264\]"),
        ({"fully_connected": (16, 12), "input_size": 32}, 0, r"\[16, 128\] where the network has \[16, 32\]"),
        ({"fully_connected": (20, 12)}, 0, r"\[16, 128\] where the network has \[20, 128\]"),
        ({"fully_connected": (16, 20)}, 1, r"\[12, 16\] where the network has \[20, 16\]"),
        ({"fully_connected": (16,)}, 1, "no place"),
    ],
)
def test_fully_connected_layers_are_taken_as_far_as_they_fit(
    tmp_path: Path, settings: dict, taken: int, reason: str
) -> None:
    uri = write_caffe(tmp_path / "VGG_FACE.caffemodel", vgg_weights())
    network = narrow("vgg-face", "vgg-face", **settings)
    report = load_pretrained(network, "vgg-face", uri)
    assert len([name for name in report.loaded if "fully_connected" in name]) == 2 * taken
    assert set(report.left_out) == {f"fc{n}.{part}" for n in range(6 + taken, 9) for part in ("weight", "bias")}
    assert re.search(rf"left out: fc{6 + taken}.weight, .*{reason}", str(report))


def test_the_encoder_alone(tmp_path: Path) -> None:
    """Whether or not the fully connected layers would fit."""
    uri = write_caffe(tmp_path / "VGG_FACE.caffemodel", vgg_weights())
    settings = {"fully_connected": (16, 12)}
    fitting, other = (
        narrow("vgg-face", "vgg-face", **settings),
        narrow("vgg-face", "vgg-face", landmarks=True, **settings),
    )
    reports = [load_pretrained(network, "vgg-face", uri, parts="encoder") for network in (fitting, other)]
    assert reports[0] == reports[1]
    assert set(reports[0].loaded) == {name for name in fitting.state_dict() if ".encoder." in name}
    assert "left out: fc6.weight, which is not of the encoder" in str(reports[0])


def test_streams_are_filled_by_name(tmp_path: Path) -> None:
    uri = write_caffe(tmp_path / "VGG_FACE.caffemodel", vgg_weights())
    recurrent = {"layers": 1, "units": 4}
    network = narrow("vgg-face", "vgg-face", streams=("image", "sound"), recurrent=recurrent, fusion=recurrent)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    report = load_pretrained(network, "vgg-face", uri, stream="sound")
    assert set(report.loaded) == {name for name in before if name.startswith("streams.sound.encoder.")}
    changed = {name for name, tensor in network.state_dict().items() if not tensor.equal(before[name])}
    assert changed == set(report.loaded)
    assert "  fresh: streams.image.encoder.layers.0\n" in str(report)
    with pytest.raises(AffectError, match="no stream 'voice'"):
        load_pretrained(network, "vgg-face", uri, stream="voice")


RESNET_UNITS = {2: 3, 3: 4, 4: 6, 5: 3}


def resnet_layers() -> dict[str, tuple[str, str]]:
    """Caffe's names of convolutions by those of a network's convolution and batch norm."""
    names = {"conv1/7x7_s2": ("conv1", "bn1")}
    for stage, units in RESNET_UNITS.items():
        for unit in range(units):
            ours = f"layer{stage - 1}.{unit}"
            for place, kind in enumerate(("1x1_reduce", "3x3", "1x1_increase"), 1):
                names[f"conv{stage}_{unit + 1}_{kind}"] = (f"{ours}.conv{place}", f"{ours}.bn{place}")
        names[f"conv{stage}_1_1x1_proj"] = (f"layer{stage - 1}.0.downsample.0", f"layer{stage - 1}.0.downsample.1")
    return names


@pytest.mark.parametrize("form", ["caffe", "pytorch", "torchvision"])
def test_every_file_of_vggface2(tmp_path: Path, form: str) -> None:
    network = narrow("resnet-50-caffe", "vggface2", pooling="average")
    prefix = "streams.image.encoder.layers."
    wanted = {n.removeprefix(prefix): t for n, t in network.state_dict().items() if n.startswith(prefix)}
    values = randomised({name: tensor for name, tensor in wanted.items() if "tracked" not in name})
    path = tmp_path / ("resnet50_ft.caffemodel" if form == "caffe" else "resnet50_ft_dims_2048.pth")
    if form == "caffe":
        model = [("classifier", "InnerProduct", [np.ones((8631, 128)), np.ones(8631)])]
        for layer, (conv, norm) in resnet_layers().items():
            weight, bias, mean, variance = (
                values[f"{norm}.{part}"].numpy() for part in ("weight", "bias", "running_mean", "running_var")
            )
            model.append((layer, "Convolution", [values[f"{conv}.weight"].numpy()]))
            model.append((f"{layer}/bn", "BatchNorm", [mean * 4, variance * 4, np.array([4.0])]))
            model.append((f"{layer}/bn/scale", "Scale", [weight, bias]))
        path.write_bytes(caffemodel(model))
    elif form == "pytorch":
        content = {"classifier.weight": torch.ones(8631, 128, 1, 1), "classifier.bias": torch.ones(8631)}
        for layer, (conv, norm) in resnet_layers().items():
            stem = layer.replace("/", "_")
            content[f"{stem}.weight"] = values[f"{conv}.weight"]
            content |= {
                f"{stem}_bn.{n.removeprefix(f'{norm}.')}": t for n, t in values.items() if n.startswith(f"{norm}.")
            }
        content["conv1_7x7_s2.weight"] = values["conv1.weight"].flip(1)
        torch.save(content, path)
    else:
        torch.save(values | {"fc.weight": torch.ones(8631, 128), "fc.bias": torch.ones(8631)}, path)
    report = load_pretrained(network, "vggface2-resnet-50", str(path))
    state = network.state_dict()
    for name, tensor in values.items():
        torch.testing.assert_close(state[prefix + name], tensor, rtol=1e-6, atol=1e-6)
    assert len(report.loaded) == len(values) == 53 * 5
    assert len(report.left_out) == 2


@pytest.mark.parametrize("kind", ["caffe", "pytorch"])
def test_every_file_of_sphereface(tmp_path: Path, kind: str) -> None:
    network = narrow("sphereface-20", "sphereface", embedding=512, embedding_norm=False)
    values: dict[str, Tensor] = {}
    model, channels = [], 3
    for stage, (units, convolutions) in enumerate(((4, 3), (8, 5), (16, 9), (32, 3)), 1):
        for place in range(1, convolutions + 1):
            conv, relu = f"conv{stage}_{place}", f"relu{stage}_{place}"
            made = torch.randn(units, channels, 3, 3), torch.randn(units), torch.randn(units)
            values |= {f"{conv}.weight": made[0], f"{conv}.bias": made[1], f"{relu}.weight": made[2]}
            model += [(conv, "Convolution", [made[0].numpy(), made[1].numpy()]), (relu, "PReLU", [made[2].numpy()])]
            channels = units
    if kind == "caffe":
        path = tmp_path / "sphereface_model.caffemodel"
        model += [
            ("fc5", "InnerProduct", [np.ones((512, 1344)), np.ones(512)]),
            ("fc6", "Margin", [np.ones((10572, 512))]),
        ]
        path.write_bytes(caffemodel(model))
    else:
        path = tmp_path / "sphere20a_20171020.pth"
        rest = {"fc5.weight": torch.ones(512, 1344), "fc5.bias": torch.ones(512), "fc6.weight": torch.ones(512, 10574)}
        torch.save(values | rest, path, _use_new_zipfile_serialization=False)
    report = load_pretrained(network, "sphereface-20", str(path))
    layers = network.streams["image"].encoder.layers.state_dict()
    torch.testing.assert_close(dict(layers), values, rtol=0, atol=0)
    assert set(report.left_out) == {"fc5.weight", "fc5.bias", "fc6.weight"}


@pytest.mark.parametrize("norms", [True, False])
@pytest.mark.parametrize("kind", ["dag", "pytorch"])
def test_cnn_m_takes_convolutions_and_the_batch_norms_there_are(tmp_path: Path, kind: str, norms: bool) -> None:
    network = narrow("cnn-m", "facevalue", input_size=96, fully_connected=(16,))
    encoder = network.streams["image"].encoder.layers
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    values = randomised({name: tensor for name, tensor in before.items() if "tracked" not in name})
    params: dict[str, Tensor] = {"fc6f": torch.ones(6, 6), "bn54m": torch.ones(6), "predictionf": torch.ones(2, 2)}
    content: dict[str, Tensor] = {"fc6.weight": torch.ones(6, 6), "bn54.weight": torch.ones(6)}
    for place in range(1, 6):
        conv, ours, theirs = f"conv{place}", f"norm{place}", f"bn{48 + place}"
        content |= {f"{conv}.{part}": values[f"{conv}.{part}"] for part in ("weight", "bias")}
        params |= {
            f"{conv}f": torch.tensor(filters(values[f"{conv}.weight"].numpy())),
            f"{conv}b": values[f"{conv}.bias"],
        }
        if norms:
            parts = {part: values[f"{ours}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
            content |= {f"{theirs}.{part}": tensor for part, tensor in parts.items()}
            moments = torch.stack([parts["running_mean"], (parts["running_var"] + 1e-5).sqrt()], dim=1)
            params |= {f"{theirs}m": parts["weight"], f"{theirs}b": parts["bias"], f"{theirs}x": moments}
    path = tmp_path / ("facevalue.mat" if kind == "dag" else "vgg_m_face_bn_dag.pth")
    if kind == "dag":
        write_dag(path, [(name, tensor.numpy()) for name, tensor in params.items()])
    else:
        torch.save(content, path)
    report = load_pretrained(network, "facevalue-cnn-m", str(path))
    after = dict(encoder.state_dict())
    expected = {n: before[n] if "tracked" in n or ("norm" in n and not norms) else values[n] for n in before}
    expected["conv1.weight"] = values["conv1.weight"]
    torch.testing.assert_close(after, expected, rtol=1e-4, atol=1e-5)
    assert len(report.loaded) == (30 if norms else 10)
    assert ("streams.image.encoder.layers.norm1.weight" in report.fresh) is not norms


def write_sphereface(path: Path, network: Network, **changes: Tensor | None) -> str:
    """The network's own encoder as a file, with ``changes`` to it (None: without)."""
    values = dict(network.streams["image"].encoder.layers.state_dict()) | changes
    safetensors.torch.save_file({name: tensor for name, tensor in values.items() if tensor is not None}, path)
    return str(path)


def test_all_that_does_not_fit_is_listed_and_nothing_is_loaded(tmp_path: Path) -> None:
    network = narrow("sphereface-20", "sphereface")
    changes = {"conv1_1.weight": None, "conv2_1.bias": torch.ones(9), "conv9_9.weight": torch.ones(2, 3)}
    uri = write_sphereface(tmp_path / "x.safetensors", narrow("sphereface-20", "sphereface"), **changes)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(AffectError) as caught:
        load_pretrained(network, "sphereface-20", uri)
    assert str(caught.value).splitlines()[1:] == [
        "  missing: conv1_1.weight [4, 3, 3, 3]",
        "  conv2_1.bias has shape [9], the network needs [8]",
        "  surplus: conv9_9.weight [2, 3]",
    ]
    assert "x.safetensors as sphereface-20" in str(caught.value)
    assert all(tensor.equal(before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        (lambda: narrow("sphereface-20", "unit"), "network.normalisation=sphereface"),
        (lambda: narrow("arc-res", "sphereface"), r"network.encoder=sphereface-20 \(it is arc-res\)"),
        (lambda: narrow("sphereface-20", "sphereface", width=0.5), r"network.width=1, .*\(it is 0.5\)"),
    ],
)
def test_the_setting_to_change_is_named(tmp_path: Path, network: Callable[[], Network], fault: str) -> None:
    uri = write_sphereface(tmp_path / "x.safetensors", narrow("sphereface-20", "sphereface"))
    with pytest.raises(AffectError, match=fault):
        load_pretrained(network(), "sphereface-20", uri)


def test_weights_of_another_network_are_told_by_their_names(tmp_path: Path) -> None:
    uri = write_caffe(tmp_path / "VGG_FACE.caffemodel", vgg_weights())
    network = narrow("densenet-121", "imagenet", pooling="average")
    with pytest.raises(
        AffectError, match=r"it holds conv1_1.bias, .*torchvision's state dict \(.pth, .pt, .safetensors\)"
    ):
        load_pretrained(network, "imagenet-densenet-121", uri)


def test_weights_of_another_training_are_told_by_their_classes(tmp_path: Path) -> None:
    weights = vgg_weights() | {"fc8.weight": np.ones((1000, 12), np.float32)}
    uri = write_pth(tmp_path / "vgg16-397923af.pth", weights, like_torchvision)
    with pytest.raises(AffectError, match=r"classifier.6.weight is \[1000, 12\], not of 2622 classes"):
        load_pretrained(narrow("vgg-face", "vgg-face"), "vgg-face", uri)


def test_the_checksum_and_the_source_are_checked(tmp_path: Path) -> None:
    network = narrow("sphereface-20", "sphereface")
    uri = write_sphereface(tmp_path / "x.safetensors", network)
    report = load_pretrained(network, "sphereface-20", uri)
    assert load_pretrained(network, "sphereface-20", uri, report.sha256) == report
    with pytest.raises(AffectError, match="SHA-256"):
        load_pretrained(network, "sphereface-20", uri, "0" * 64)
    with pytest.raises(AffectError, match="did you mean 'sphereface-20'"):
        load_pretrained(network, "sphereface", uri)
