"""The networks: shapes, padding, and what a frame can see."""

import numpy as np
import pytest
import torch

from recognizer.frame import stack_frames
from recognizer.line import pad_line
from recognizer.marking import MARK_CLASSES
from tests.recognizer.small_model import SMALL
from training.designs import DESIGNS, design
from training.net.marks import MarkNet, MarkNetConfig
from training.net.text import FRAME_PX, TextNet, TextNetConfig, pad_lines


@pytest.fixture(scope="module")
def net() -> TextNet:
    torch.manual_seed(0)
    return TextNet(SMALL).eval()


@pytest.mark.parametrize("width_px", [32, 64, 160, 1024])
def test_there_is_a_frame_per_four_pixels(net: TextNet, width_px: int) -> None:
    lines = torch.rand(2, 1, 32, width_px)
    with torch.inference_mode():
        assert net(lines).shape == (2, width_px // FRAME_PX, SMALL.classes)
        main, shortcut = net.training_logits(lines)
    assert main.shape == shortcut.shape == (2, width_px // FRAME_PX, SMALL.classes)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_is_of_a_size_that_a_processor_can_train(name: str) -> None:
    net = TextNet(design(name, 176)).eval()
    assert 0.5e6 < sum(p.numel() for p in net.parameters()) < 2.5e6
    with torch.inference_mode():
        assert net(torch.rand(1, 1, 32, 64)).shape == (1, 16, 176)


def test_lines_are_padded_with_paper_to_whole_frames_and_room_for_a_last_blank() -> None:
    lines = [np.full((32, width), 255, np.uint8) for width in (24, 25, 57)]
    for group in ([lines[0]], [lines[1]], lines):
        batch = pad_lines(group)
        widest = max(line.shape[1] for line in group)
        assert batch.shape[3] % 32 == 0 and widest + 8 <= batch.shape[3] < widest + 40
        for row, line in zip(batch, group, strict=True):
            assert row[0, :, : line.shape[1]].min() == 1.0
            assert row[0, :, line.shape[1] :].sum() == 0.0


@pytest.mark.parametrize("width_px", [24, 25, 57, 1024])
def test_a_line_is_padded_in_serving_as_in_training(width_px: int) -> None:
    line = np.random.default_rng(width_px).integers(0, 255, (32, width_px), np.uint8)
    assert np.array_equal(pad_line(line), pad_lines([line]).numpy())


def test_a_neighbour_in_the_batch_does_not_change_a_line(net: TextNet) -> None:
    line = np.random.default_rng(0).integers(0, 255, (32, 88), np.uint8)
    other = np.random.default_rng(1).integers(0, 255, (32, 88), np.uint8)
    with torch.inference_mode():
        alone, together = net(pad_lines([line]))[0], net(pad_lines([line, other]))[0]
    assert torch.allclose(alone, together, atol=1e-5)


def test_the_config_builds_the_network_again(net: TextNet) -> None:
    again = TextNet(TextNetConfig(**net.config.as_dict()))  # type: ignore[arg-type]
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in net.state_dict().items()}


def test_marks() -> None:
    frames = stack_frames([np.zeros((32, 32), np.uint8), np.full((32, 32), 255, np.uint8)])
    assert frames.shape == (2, 1, 32, 32) and (frames.min(), frames.max()) == (0, 1)
    with torch.inference_mode():
        assert MarkNet(MarkNetConfig()).eval()(torch.from_numpy(frames)).shape == (2, len(MARK_CLASSES))
