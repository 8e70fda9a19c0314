"""Parts by name: freezing, other heads, parts of other networks."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from affect.errors import AffectError
from affect.networks import ArcFace, Network, NetworkSpec, Recurrent, build
from affect.networks.parts import freeze, load_parts, replace_heads

RESNET = NetworkSpec(encoder="resnet-50", input_size=32, width=0.0625, pooling="average", dropout=0)
VISUAL = NetworkSpec(
    encoder="vgg-face", input_size=32, width=0.0625, fully_connected=(64,), recurrent=Recurrent(units=64, layers=1)
)
BOTH = VISUAL.model_copy(update={"streams": ("image", "sound"), "fusion": Recurrent(units=64, layers=1)})


def step(network: Network, *, momentum: float = 0.0) -> None:
    """One training step on noise, of everything that takes a gradient."""
    network.train()
    optimiser = torch.optim.SGD((p for p in network.parameters() if p.requires_grad), lr=0.1, momentum=momentum)
    outputs = network({name: torch.randn(8, 3, 32, 32) for name in network.spec.streams})
    sum(output.square().mean() for output in outputs.values()).backward()
    optimiser.step()


def state(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@pytest.fixture(autouse=True)
def seed() -> Iterator[None]:
    torch.manual_seed(0)
    return


@pytest.mark.parametrize("sync", [False, True])
def test_what_is_frozen_stays_to_the_bit_and_the_rest_learns(sync: bool) -> None:
    network = build(RESNET.model_copy(update={"sync_batchnorm": sync}))
    before = state(network)
    frozen = (
        "streams.image.encoder.layers.conv1",
        "streams.image.encoder.layers.bn1",
        "streams.image.encoder.layers.layer1",
    )
    freeze(network, frozen)
    assert list(state(network)) == list(before)
    step(network)
    changed = {name for name, tensor in network.state_dict().items() if not tensor.equal(before[name])}
    assert changed == {name for name in before if not name.startswith(tuple(f"{part}." for part in frozen))}


def test_a_name_is_not_the_beginning_of_a_word_and_may_be_one_tensor() -> None:
    network = build(RESNET)
    freeze(network, ["streams.image.encoder.layers.layer1.0.conv1", "heads.expression.linear.bias"])
    held = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert held == {"streams.image.encoder.layers.layer1.0.conv1.weight", "heads.expression.linear.bias"}


def test_frozen_batch_norms_use_their_own_statistics() -> None:
    network = build(RESNET)
    step(network)
    images = {"image": torch.randn(4, 3, 32, 32)}
    expected = network.eval()(images)["embedding"]
    freeze(network, ["streams"])
    torch.testing.assert_close(network.train()(images)["embedding"], expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    "use", [lambda n: freeze(n, ["streams.image.encodr"]), lambda n: load_parts(n, n, ["streams.image.encodr"])]
)
def test_the_nearest_part_is_named(use: object) -> None:
    with pytest.raises(AffectError, match=r"no part 'streams.image.encodr'; did you mean 'streams.image.encoder'"):
        use(build(VISUAL))


def test_replaced_heads_are_as_specified_and_all_else_is_kept() -> None:
    network = build(RESNET)
    step(network)
    network.eval()
    spec = RESNET.override(["heads=[expression, compound]", "compounds=[happily surprised]", "action_units=[1, 2]"])
    replaced = replace_heads(network, spec.model_copy(update={"arcface": ArcFace()}))
    assert set(replaced.heads) == {"expression", "compound"}
    assert not replaced.training
    images = {"image": torch.randn(2, 3, 32, 32)}
    torch.testing.assert_close(replaced(images)["embedding"], network(images)["embedding"], rtol=0, atol=0)
    same = replace_heads(network, RESNET)
    assert not same(images)["expression"].equal(network(images)["expression"])


def test_only_heads_can_be_replaced() -> None:
    spec = RESNET.override(["heads=[expression]", "width=0.125", "dropout=0.1"])
    with pytest.raises(AffectError, match=r"(?s)differ in.*dropout: 0.0 -> 0.1.*width: 0.0625 -> 0.125"):
        replace_heads(build(RESNET), spec)


def test_the_image_stream_of_an_audio_visual_network_comes_from_a_visual_one() -> None:
    visual, both = build(VISUAL), build(BOTH)
    before = state(both)
    names = load_parts(both, visual, ["streams.image"])
    assert set(names) == {name for name in before if name.startswith("streams.image.")}
    for name, tensor in both.state_dict().items():
        assert tensor.equal(visual.state_dict()[name] if name in names else before[name])


def test_parts_that_do_not_fit_are_listed_and_nothing_is_copied() -> None:
    network = build(VISUAL)
    before = state(network)
    other = build(
        VISUAL.override(["fully_connected=[128, 64]", "recurrent=null"]).model_copy(update={"input_size": 64})
    )
    with pytest.raises(AffectError) as caught:
        load_parts(
            network, other, ["streams.image.encoder", "streams.image.fully_connected", "streams.image.embedding"]
        )
    message = str(caught.value)
    assert "surplus: streams.image.fully_connected.3.weight [4, 8]" in message
    assert "streams.image.fully_connected.0.weight has shape [8, 128], the network needs [4, 32]" in message
    assert "encoder.layers" not in message
    with pytest.raises(AffectError, match=r"missing: streams.image.fully_connected.3.bias \[4\]"):
        load_parts(other, network, ["streams.image.fully_connected"])
    assert all(tensor.equal(before[name]) for name, tensor in network.state_dict().items())


def test_streams_for_other_pictures_are_refused() -> None:
    other = build(VISUAL.model_copy(update={"normalisation": "vgg-face"}))
    with pytest.raises(AffectError, match="network.normalisation=vgg-face"):
        load_parts(build(VISUAL), other, ["streams.image"])
