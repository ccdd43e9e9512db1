"""The form in which a text network is served: the same function, in few steps, and in integers."""

import numpy as np
import onnx
import pytest
import torch

from recognizer.alphabet import Alphabet
from recognizer.line import pad_line
from recognizer.network import Network
from tests.recognizer.small_model import trusting_head
from training.designs import design
from training.net.served import served_form
from training.net.text import TextNet
from training.pack import LineNet, graph_of
from training.quantize import quantized


@pytest.fixture(scope="module")
def net() -> TextNet:
    torch.manual_seed(3)
    return TextNet(design("hybrid", len(Alphabet()))).eval()


@pytest.fixture(scope="module")
def graph(net: TextNet) -> bytes:
    return graph_of(LineNet(Alphabet(), net, trusting_head(net.config.context)))


@pytest.fixture(scope="module")
def integers(graph: bytes) -> bytes:
    return quantized(graph, lines(12))


def lines(count: int) -> list[np.ndarray]:
    """(32, w) uint8 strokes of several widths."""
    rng = np.random.default_rng(count)
    widths = rng.integers(40, 200, count)
    return [(255 * (rng.random((32, width)) > 0.85)).astype(np.uint8) for width in widths]


def test_the_served_form_computes_the_same_and_leaves_the_network_as_it_was(net: TextNet) -> None:
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    batch = torch.rand(3, 1, 32, 96)
    with torch.inference_mode():
        assert torch.allclose(served_form(net)(batch), net(batch), atol=1e-4)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_the_exported_graph_works_out_no_shapes_and_answers_as_torch_does(net: TextNet, graph: bytes) -> None:
    steps = {node.op_type for node in onnx.load_from_string(graph).graph.node}
    assert not steps & {"Shape", "Slice", "Sqrt"}
    for line in lines(3):
        with torch.inference_mode():
            expected = net(torch.from_numpy(pad_line(line))).numpy()
        assert np.allclose(Network(graph)(pad_line(line))[0], expected, atol=1e-4)


def test_integers_answer_nearly_as_floats_do(graph: bytes, integers: bytes) -> None:
    full, small = Network(graph), Network(integers)
    for line in lines(5):
        floats, whole = (network(pad_line(line))[0] for network in (full, small))
        assert np.abs(floats - whole).max() < 0.1 * np.ptp(floats)


def test_no_rounding_stands_between_a_convolution_and_its_cut(integers: bytes) -> None:
    model = onnx.load_from_string(integers).graph
    made_by = {name: node.op_type for node in model.node for name in node.output}
    cuts = [made_by[node.input[0]] for node in model.node if node.op_type == "Relu"]
    assert cuts == ["Conv"], "all but the first, which is not rounded, are parts of the convolution before"


def test_a_line_in_integers_is_read_the_same_bit_for_bit_whatever_stands_beside_it(integers: bytes) -> None:
    network, rng = Network(integers), np.random.default_rng(7)
    for width in (64, 160):
        line = (rng.random((1, 1, 32, width)) > 0.85).astype(np.float32)
        alone = network(line)
        for place in range(8):
            batch = rng.random((8, 1, 32, width)).astype(np.float32)
            batch[place] = line[0]
            assert all(np.array_equal(mine[place], own[0]) for mine, own in zip(network(batch), alone, strict=True))
