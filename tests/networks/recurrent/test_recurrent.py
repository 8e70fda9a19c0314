"""Every cell, with and without attention: against NumPy, over unequal lengths, in pieces, and how it begins."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.errors import AffectError
from affect.networks.recurrent import CELLS, Temporal, build_recurrent
from affect.networks.recurrent.layer import Layer
from affect.networks.spec import Recurrent
from tests.networks.recurrent.reference import run

FEATURES = 5
each = pytest.mark.parametrize("attention", [None, 3], ids=["plain", "attention"])
every = pytest.mark.parametrize("cell", CELLS)


def made(cell: str, attention: int | None = None, *, features: int = FEATURES, **changes: object) -> Temporal:
    torch.manual_seed(0)
    part = build_recurrent(Recurrent(cell=cell, attention=attention, **changes), features, 4).double()
    with torch.no_grad():  # so that no bias, peephole or recurrent weight is zero or without effect
        for parameter in part.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return part


def zeros(part: Temporal, batch: int) -> torch.Tensor:
    return torch.zeros(batch, part.state_size, dtype=torch.float64)


@every
@each
@pytest.mark.parametrize("layers", [1, 2])
def test_as_step_by_step(cell: str, attention: int | None, layers: int) -> None:
    part = made(cell, attention, layers=layers)
    inputs = torch.randn(7, 2, FEATURES, dtype=torch.float64)
    outputs, _ = part(inputs, zeros(part, 2))
    expected = np.stack([run(part, inputs[:, index].numpy()) for index in range(2)], axis=1)
    np.testing.assert_allclose(outputs.detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("input_width", ["features", "gates"])
def test_attention_on_wide_features(input_width: str) -> None:
    part = made("gru", 3, features=40, attention_input=input_width)
    assert part.input.out_features == {"features": 40, "gates": 3 * 4}[input_width]
    inputs = torch.randn(5, 1, 40, dtype=torch.float64)
    outputs, _ = part(inputs, zeros(part, 1))
    np.testing.assert_allclose(outputs[:, 0].detach().numpy(), run(part, inputs[:, 0].numpy()), atol=1e-12)


@every
@each
@settings(max_examples=5)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4), cut=st.integers(1, 5))
def test_unequal_lengths_are_as_one_by_one_and_in_pieces(
    cell: str, attention: int | None, lengths: list[int], cut: int
) -> None:
    part = made(cell, attention)
    inputs = torch.randn(max(lengths), len(lengths), FEATURES, dtype=torch.float64)
    outputs, state = part(inputs, zeros(part, len(lengths)), torch.tensor(lengths))
    for index, length in enumerate(lengths):
        alone = inputs[:length, index : index + 1]
        head, carried = part(alone[:cut], zeros(part, 1))
        if length > cut:
            tail, carried = part(alone[cut:], carried)
            head = torch.cat([head, tail])
        torch.testing.assert_close(outputs[:length, index], head[:, 0], rtol=0, atol=1e-12)
        torch.testing.assert_close(state[index], carried[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_fused_and_plain_paths_agree_in_value_and_gradient(cell: str) -> None:
    layer = CELLS[cell](FEATURES, 4, Recurrent(cell=cell), last=True).double()
    inputs = torch.randn(6, 3, FEATURES, dtype=torch.float64, requires_grad=True)
    state = tuple(torch.randn(3, 4, dtype=torch.float64) for _ in range(layer.state_tensors))
    results = []
    for forward in (layer.forward, lambda *given: Layer.forward(layer, *given)):
        outputs, after = forward(inputs, state, torch.tensor([6, 2, 4]))
        loss = outputs[:2].square().sum() + sum(tensor.sum() for tensor in after)
        results.append([outputs[:2], *after, *torch.autograd.grad(loss, [inputs, *layer.parameters()])])
    for fused, plain in zip(*results, strict=True):
        torch.testing.assert_close(fused, plain, rtol=0, atol=1e-12)


@every
@each
def test_gradients(cell: str, attention: int | None) -> None:
    part = made(cell, attention)
    inputs = torch.randn(4, 2, FEATURES, dtype=torch.float64, requires_grad=True)
    state = torch.rand(2, part.state_size, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(part, (inputs, state))


def test_parameters_of_the_papers_parts() -> None:
    def count(features: int = 4096, **settings_: object) -> int:
        with torch.device("meta"):
            return sum(p.numel() for p in build_recurrent(Recurrent(**settings_), features, 128).parameters())

    gates = (4096 + 128) * 128 + (128 + 128) * 128
    assert count(cell="gru") == 3 * gates + 2 * 2 * 3 * 128
    assert count(cell="lstm") == 4 * gates + 2 * 2 * 4 * 128
    assert count(cell="peephole-lstm") == 4 * gates + 2 * 4 * 128 + 2 * 3 * 128
    assert count(cell="indrnn") == 4096 * 128 + 128 * 128 + 2 * 2 * 128
    around = (2 * 128 * 128 + 128) + 128 * 128 + 128 + (2 * 128 * 128 + 128)
    wide = (4096 + 128) * 4096 + 4096
    assert count(attention=32, attention_input="features") == count(cell="gru") + wide + around


def test_beginnings() -> None:
    forget = slice(2 * 128, 3 * 128)
    peephole = build_recurrent(Recurrent(cell="peephole-lstm", layers=1), 64, 128)
    assert (peephole.layers[0].bias[forget] == 1).all()
    assert peephole.layers[0].bias.count_nonzero() == 128
    first, last = build_recurrent(Recurrent(cell="indrnn", sequence_length=40), 64, 1024).layers
    assert first.weight_input.abs().max() <= 0.001
    assert 0 <= first.weight_hidden.min() < 0.1
    assert last.weight_hidden.min() >= 0.5 ** (1 / 40)
    assert first.bound == last.bound == 2 ** (1 / 40)
    assert last.weight_hidden.max() <= last.bound


def test_dropout_is_between_layers_only() -> None:
    part = build_recurrent(Recurrent(cell="indrnn", dropout=0.5), 3, 64).double()
    with torch.no_grad():
        part.layers[0].weight_input.fill_(1)
        part.layers[1].weight_input.copy_(torch.eye(64))
    outputs, _ = part(torch.ones(1, 1, 3, dtype=torch.float64), zeros(part, 1))
    assert set(outputs.unique().tolist()) == {0.0, 6.0}
    assert set(part.eval()(torch.ones(1, 1, 3, dtype=torch.float64), zeros(part, 1))[0].unique().tolist()) == {3.0}


def test_unknown_cell_names_the_nearest() -> None:
    with pytest.raises(AffectError, match="'indrn'.*'indrnn'"):
        build_recurrent(Recurrent(cell="indrn"), 3, 4)
