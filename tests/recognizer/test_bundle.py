"""A bundle comes back bit for bit, or not at all."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from recognizer.alphabet import Alphabet
from recognizer.bundle import Served, load_bundle
from recognizer.confidence import UNCALIBRATED
from recognizer.errors import BundleError
from recognizer.prose import to_bytes
from tests.recognizer.small_model import SMALL, small_networks
from training.net.text import TextNet
from training.pack import ONLY_TRAINING, Networks, export, load_networks, save_bundle
from training.prose import fit_prose

SERVED = ("marks.onnx", "prose.xz", "text.onnx")
WEIGHTS = ("marks.safetensors", "outcome.safetensors", "text.safetensors")
FILES = ("bundle.json", *SERVED, *WEIGHTS)


@pytest.fixture(scope="module")
def nets() -> Networks:
    torch.manual_seed(3)
    return small_networks(TextNet(SMALL))


@pytest.fixture(scope="module")
def served(nets: Networks) -> Served:
    return replace(export(nets), prose=to_bytes(fit_prose(["a word", "a word"] * 3, Alphabet())))


@pytest.fixture
def folder(tmp_path: Path, nets: Networks, served: Served) -> Path:
    write(tmp_path / "bundle", nets, served)
    return tmp_path / "bundle"


def write(folder: Path, nets: Networks, served: Served, manifest: dict | None = None) -> str:
    return save_bundle(
        folder, nets, Alphabet(), calibration=UNCALIBRATED, manifest=manifest or {"who": "Zoë"}, served=served
    )


def load(folder: Path, name: str) -> None:
    """Load what needs the file: recognition does not read the weights that training begins with."""
    (load_networks if name in WEIGHTS else load_bundle)(folder)


def changed(folder: Path, **entries: object) -> None:
    content = json.loads((folder / "bundle.json").read_bytes())
    (folder / "bundle.json").write_text(json.dumps(content | entries))


def test_it_comes_back_bit_for_bit(folder: Path, nets: Networks) -> None:
    loaded = load_networks(folder)
    for saved, again in zip(vars(nets).values(), vars(loaded).values(), strict=True):
        assert not again.training
        for name, tensor in saved.state_dict().items():
            if not name.startswith(ONLY_TRAINING):
                assert torch.equal(tensor, again.state_dict()[name]), name
    bundle = load_bundle(folder)
    assert bundle.alphabet == Alphabet()
    assert (bundle.calibration, bundle.manifest) == (UNCALIBRATED, {"who": "Zoë"})
    assert bundle.prose is not None and len(bundle.prose) > 10


@pytest.mark.parametrize("width_px", [32, 96, 352, 1056])
def test_what_serves_says_what_was_trained(folder: Path, nets: Networks, width_px: int) -> None:
    lines = torch.rand(1, 1, 32, width_px)
    with torch.inference_mode():
        trained = nets.text(lines).numpy(), nets.outcome(nets.text.columns(lines)).numpy()
    for mine, theirs in zip(load_bundle(folder).text(lines.numpy()), trained, strict=True):
        assert mine.shape == theirs.shape and np.abs(mine - theirs).max() < 1e-4


def test_the_id_is_that_of_the_content(tmp_path: Path, folder: Path, nets: Networks, served: Served) -> None:
    again = write(tmp_path / "again", nets, served)
    assert again == load_bundle(folder).bundle_id == load_bundle(tmp_path / "again").bundle_id
    assert write(tmp_path / "other", nets, served, {"who": "Ada"}) != again
    assert write(tmp_path / "without", nets, replace(served, prose=None)) != again
    other = small_networks(TextNet(SMALL))
    assert write(tmp_path / "third", other, served) != again


def test_the_same_networks_give_the_same_bundle(nets: Networks, served: Served) -> None:
    assert (export(nets).text, export(nets).marks) == (served.text, served.marks)


def test_there_is_no_pickle_in_it(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    json.loads((folder / "bundle.json").read_bytes())
    for name in WEIGHTS:
        assert (folder / name).read_bytes()[8:9] == b"{"  # safetensors: a length and a JSON header


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.001, 0.5, 0.999])
def test_one_flipped_bit_is_an_error_or_another_model(folder: Path, name: str, place: float) -> None:
    before = load_bundle(folder).bundle_id
    data = bytearray((folder / name).read_bytes())
    data[int(place * len(data))] ^= 1
    (folder / name).write_bytes(data)
    if name != "bundle.json":
        with pytest.raises(BundleError, match="digest differs"):
            load(folder, name)
        return
    with suppress(BundleError):  # a changed text in the manifest is a bundle too, but another one
        assert load_bundle(folder).bundle_id != before


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        load(folder, name)


@pytest.mark.parametrize(
    "entries",
    [
        {"format": 99},
        {"input": {}},
        {"alphabet": "abc"},
        {"alphabet": "a" * 164},
        {"calibration": {"bias": 1.0}},
        {"calibration": UNCALIBRATED | {"bias": "much"}},
        {"calibration": UNCALIBRATED | {"bias": float("nan")}},
        {"calibration": None},
        {"served": {}},
        {"served": {"precision": "fp32", "sha256": {"text.onnx": 7}}},
        {"served": None},
        {"manifest": None},
    ],
)
def test_what_does_not_fit_is_refused(folder: Path, entries: dict[str, object]) -> None:
    changed(folder, **entries)
    if entries == {"manifest": None}:
        assert load_bundle(folder).manifest is None  # nothing depends on it
        return
    with pytest.raises(BundleError):
        load_bundle(folder)


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b'{"format": 1', b"[" * 100_000])
def test_a_damaged_json_is_refused(folder: Path, data: bytes) -> None:
    (folder / "bundle.json").write_bytes(data)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        load_bundle(folder)


@pytest.mark.parametrize(
    "networks",
    [
        {},
        {"text": {"config": 7, "sha256": ""}},
        {"text": {"config": {"classes": -4}, "sha256": ""}},
        {"text": {"config": {"classes": 9, "depth": 3}, "sha256": ""}},
    ],
)
def test_weights_without_their_network_are_refused(folder: Path, networks: dict[str, object]) -> None:
    changed(folder, networks=networks)
    with pytest.raises(BundleError, match="lacks or misstates"):
        load_networks(folder)


@pytest.mark.parametrize("data", [save({"weight": torch.zeros(3)}), b"no safetensors"])
def test_weights_of_another_network_are_refused(folder: Path, data: bytes) -> None:
    replaced(folder, "networks", lambda networks: networks["marks"], "marks.safetensors", data)
    with pytest.raises(BundleError, match="does not fit its network"):
        load_networks(folder)


def replaced(folder: Path, part: str, entry: Callable[[dict], dict], name: str, data: bytes) -> None:
    """Put other bytes into a file, and their digest into the JSON."""
    (folder / name).write_bytes(data)
    content = json.loads((folder / "bundle.json").read_bytes())
    key = "sha256" if part == "networks" else name
    entry(content[part])[key] = hashlib.sha256(data).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(content))


@pytest.mark.parametrize("name", SERVED)
def test_what_cannot_serve_is_refused(folder: Path, name: str) -> None:
    replaced(folder, "served", lambda served: served["sha256"], name, b"neither a graph nor an archive")
    with pytest.raises(BundleError):
        load_bundle(folder)


def test_a_graph_with_other_classes_is_refused(folder: Path, served: Served) -> None:
    replaced(folder, "served", lambda served: served["sha256"], "text.onnx", served.marks)
    with pytest.raises(BundleError, match="alphabet"):
        load_bundle(folder)


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "nowhere")
