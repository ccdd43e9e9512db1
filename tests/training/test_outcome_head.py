"""The outcome head: small, exportable, and blind to how far a line is padded once it has learned."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.net.outcome import OUTCOME_CLASSES, OutcomeHead, OutcomeHeadConfig


def head(columns: int = 256) -> OutcomeHead:
    torch.manual_seed(0)
    return OutcomeHead(OutcomeHeadConfig(columns=columns)).eval()


@pytest.mark.parametrize("width", [1, 4, 37])
def test_shapes(width: int) -> None:
    assert head(48)(torch.rand(3, 48, 1, width)).shape == (3, len(OUTCOME_CLASSES))


def test_it_is_small() -> None:
    assert sum(p.numel() for p in head().parameters()) <= 60_000


def test_it_can_be_built_again_from_its_config() -> None:
    one = head(48)
    other = OutcomeHead(OutcomeHeadConfig(**one.config.as_dict())).eval()  # type: ignore[arg-type]
    other.load_state_dict(one.state_dict())
    features = torch.rand(2, 48, 1, 20)
    assert torch.equal(one(features), other(features))


def test_onnxruntime_says_the_same_at_every_width(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    net, path = head(48), tmp_path / "head.onnx"
    torch.onnx.export(
        net, (torch.rand(2, 48, 1, 24),), path, dynamo=False, opset_version=17, input_names=["features"],
        output_names=["logits"], dynamic_axes={"features": {0: "n", 3: "w"}},
    )  # fmt: skip
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for count, width in ((1, 9), (5, 64)):
        features = torch.rand(count, 48, 1, width)
        (said,) = session.run(None, {"features": features.numpy()})
        np.testing.assert_allclose(said, net(features).detach().numpy(), atol=1e-5)
