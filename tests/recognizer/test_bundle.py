"""A bundle comes back bit for bit, or not at all."""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from recognizer.alphabet import NUMERALS, Alphabet
from recognizer.bundle import GENERAL, Served, load_bundle, masters_of
from recognizer.confidence import UNCALIBRATED
from recognizer.errors import BundleError
from recognizer.prose import to_bytes
from tests.recognizer.small_model import SMALL, small_networks, trusting_head
from training.net.text import TextNet
from training.pack import ONLY_TRAINING, LineNet, Networks, export, load_networks, save_bundle
from training.prose import fit_prose

SERVED = ("marks.onnx", "numbers.onnx", "prose.xz", "text.onnx")
MASTERS = ("marks.safetensors", "numbers.safetensors", "text.safetensors")
FILES = ("bundle.json", *SERVED, *MASTERS)
NUMBERS = Alphabet(characters=NUMERALS)


@pytest.fixture(scope="module")
def nets() -> Networks:
    torch.manual_seed(3)
    return with_numbers(small_networks(TextNet(SMALL)))


def with_numbers(networks: Networks) -> Networks:
    text = TextNet(replace(SMALL, classes=len(NUMBERS)))
    reader = LineNet(NUMBERS, text, trusting_head(SMALL.context)).eval()
    return replace(networks, readers={"numbers": reader, **networks.readers})


@pytest.fixture(scope="module")
def served(nets: Networks) -> Served:
    return replace(export(nets), prose=to_bytes(fit_prose(["a word", "a word"] * 3, Alphabet())))


@pytest.fixture
def folder(tmp_path: Path, nets: Networks, served: Served) -> Path:
    write(tmp_path / "bundle", nets, served)
    return tmp_path / "bundle"


def write(folder: Path, nets: Networks, served: Served, manifest: dict | None = None) -> str:
    return save_bundle(folder, nets, calibration=UNCALIBRATED, manifest=manifest or {"who": "Zoë"}, served=served)


def load(folder: Path, name: str) -> None:
    """Load what needs the file: recognition does not read the weights that training begins with."""
    (load_networks if name in MASTERS else load_bundle)(folder)


def file_of(folder: Path, name: str) -> Path:
    return (masters_of(folder) if name in MASTERS else folder) / name


def changed(folder: Path, **entries: object) -> None:
    content = json.loads((folder / "bundle.json").read_bytes())
    (folder / "bundle.json").write_text(json.dumps(content | entries))


def test_it_comes_back_bit_for_bit(folder: Path, nets: Networks) -> None:
    loaded = load_networks(folder)
    assert set(loaded.readers) == set(nets.readers)
    pairs = [(nets.readers[name], loaded.readers[name]) for name in nets.readers]
    for saved, again in [*pairs, (nets.marks, loaded.marks)]:
        assert not again.training
        for name, tensor in saved.state_dict().items():
            if not name.startswith(ONLY_TRAINING):
                assert torch.equal(tensor, again.state_dict()[name]), name
    bundle = load_bundle(folder)
    assert [reader.name for reader in bundle.readers] == ["numbers", GENERAL]
    assert [reader.alphabet for reader in bundle.readers] == [NUMBERS, Alphabet()]
    assert (bundle.calibration, bundle.manifest) == (UNCALIBRATED, {"who": "Zoë"})
    assert bundle.prose is not None and len(bundle.prose) > 10


@pytest.mark.parametrize("width_px", [32, 96, 352, 1056])
def test_what_serves_says_what_was_trained(folder: Path, nets: Networks, width_px: int) -> None:
    lines = torch.rand(1, 1, 32, width_px)
    for reader in load_bundle(folder).readers:
        net = nets.readers[reader.name]
        with torch.inference_mode():
            trained = net.text(lines).numpy(), net.outcome(net.text.columns(lines)).numpy()
        for mine, theirs in zip(reader.network(lines.numpy()), trained, strict=True):
            assert mine.shape == theirs.shape and np.abs(mine - theirs).max() < 1e-4


def test_the_id_is_that_of_the_content(tmp_path: Path, folder: Path, nets: Networks, served: Served) -> None:
    again = write(tmp_path / "again", nets, served)
    assert again == load_bundle(folder).bundle_id == load_bundle(tmp_path / "again").bundle_id
    assert write(tmp_path / "other", nets, served, {"who": "Ada"}) != again
    assert write(tmp_path / "without", nets, replace(served, prose=None)) != again
    other = with_numbers(small_networks(TextNet(SMALL)))
    assert write(tmp_path / "third", other, served) != again


def test_the_same_networks_give_the_same_bundle(nets: Networks, served: Served) -> None:
    again = export(nets)
    assert again.marks == served.marks
    assert {name: graph.data for name, graph in again.readers.items()} == {
        name: graph.data for name, graph in served.readers.items()
    }


def test_there_is_no_pickle_in_it(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(("bundle.json", *SERVED))
    assert sorted(path.name for path in masters_of(folder).iterdir()) == sorted(MASTERS)
    json.loads((folder / "bundle.json").read_bytes())
    for name in MASTERS:
        assert file_of(folder, name).read_bytes()[8:9] == b"{"  # safetensors: a length and a JSON header


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.001, 0.5, 0.999])
def test_one_flipped_bit_is_an_error_or_another_model(folder: Path, name: str, place: float) -> None:
    before = load_bundle(folder).bundle_id
    data = bytearray(file_of(folder, name).read_bytes())
    data[int(place * len(data))] ^= 1
    file_of(folder, name).write_bytes(data)
    if name != "bundle.json":
        with pytest.raises(BundleError, match="digest differs"):
            load(folder, name)
        return
    with suppress(BundleError):  # a changed text in the manifest is a bundle too, but another one
        assert load_bundle(folder).bundle_id != before


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    file_of(folder, name).unlink()
    with pytest.raises(BundleError, match=name):
        load(folder, name)


@pytest.mark.parametrize(
    "entries",
    [
        {"format": 99},
        {"input": {}},
        {"readers": {"text": {"alphabet": "abc", "precision": "fp32"}}},
        {"readers": {"text": {"alphabet": "a" * 164, "precision": "fp32"}}},
        {"readers": {"text": {"alphabet": Alphabet().characters, "precision": "fp8"}}},
        {"readers": {"text": {"alphabet": Alphabet().characters}}},
        {"readers": {"numbers": {"alphabet": NUMERALS, "precision": "fp32"}}},
        {"readers": {}},
        {"readers": None},
        {"calibration": {"bias": 1.0}},
        {"calibration": UNCALIBRATED | {"bias": "much"}},
        {"calibration": UNCALIBRATED | {"bias": float("nan")}},
        {"calibration": None},
        {"sha256": {}},
        {"sha256": {"text.onnx": 7}},
        {"sha256": None},
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
    "config", [7, {}, {"alphabet": "ab", "text": {"classes": -4}, "outcome": {"columns": 8}},
               {"alphabet": "ab", "text": {"classes": 3, "depth": 3}, "outcome": {"columns": 8}}],
)  # fmt: skip
def test_weights_without_their_network_are_refused(folder: Path, config: object) -> None:
    changed(folder, masters={"numbers": {"config": config, "sha256": ""}})
    with pytest.raises(BundleError, match="lacks or misstates"):
        load_networks(folder)


@pytest.mark.parametrize("data", [save({"weight": torch.zeros(3)}), b"no safetensors"])
def test_weights_of_another_network_are_refused(folder: Path, data: bytes) -> None:
    file_of(folder, "marks.safetensors").write_bytes(data)
    content = json.loads((folder / "bundle.json").read_bytes())
    masters = content["masters"]
    changed(folder, masters=masters | {"marks": masters["marks"] | {"sha256": hashlib.sha256(data).hexdigest()}})
    with pytest.raises(BundleError, match="does not fit its network"):
        load_networks(folder)


def replaced(folder: Path, name: str, data: bytes) -> None:
    """Put other bytes into a file that serves, and their digest into the JSON."""
    (folder / name).write_bytes(data)
    sha256 = json.loads((folder / "bundle.json").read_bytes())["sha256"]
    changed(folder, sha256=sha256 | {name: hashlib.sha256(data).hexdigest()})


@pytest.mark.parametrize("name", SERVED)
def test_what_cannot_serve_is_refused(folder: Path, name: str) -> None:
    replaced(folder, name, b"neither a graph nor an archive")
    with pytest.raises(BundleError):
        load_bundle(folder)


def test_a_graph_with_other_classes_is_refused(folder: Path, served: Served) -> None:
    replaced(folder, "text.onnx", served.marks)
    with pytest.raises(BundleError, match="alphabet"):
        load_bundle(folder)


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "nowhere")
