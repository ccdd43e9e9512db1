"""A bundle comes back bit for bit, or not at all."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from recognizer.alphabet import Alphabet
from recognizer.bundle import load_bundle, save_bundle
from recognizer.confidence import UNCALIBRATED
from recognizer.errors import BundleError
from recognizer.net.marks import MarkNet, MarkNetConfig
from recognizer.net.text import TextNet
from tests.recognizer.small_model import SMALL

FILES = ("bundle.json", "marks.safetensors", "text.safetensors")


@pytest.fixture
def nets() -> tuple[TextNet, MarkNet]:
    torch.manual_seed(3)
    return TextNet(SMALL), MarkNet(MarkNetConfig())


@pytest.fixture
def folder(tmp_path: Path, nets: tuple[TextNet, MarkNet]) -> Path:
    write(tmp_path / "bundle", nets)
    return tmp_path / "bundle"


def write(folder: Path, nets: tuple[TextNet, MarkNet], manifest: dict | None = None) -> str:
    return save_bundle(folder, *nets, Alphabet(), calibration=UNCALIBRATED, manifest=manifest or {"who": "Zoë"})


def changed(folder: Path, **entries: object) -> None:
    content = json.loads((folder / "bundle.json").read_bytes())
    (folder / "bundle.json").write_text(json.dumps(content | entries))


def test_it_comes_back_bit_for_bit(folder: Path, nets: tuple[TextNet, MarkNet]) -> None:
    bundle = load_bundle(folder)
    for saved, loaded in zip(nets, (bundle.text, bundle.marks), strict=True):
        assert not loaded.training
        for name, tensor in saved.state_dict().items():
            assert torch.equal(tensor, loaded.state_dict()[name]), name
    assert bundle.alphabet == Alphabet()
    assert (bundle.calibration, bundle.manifest) == (UNCALIBRATED, {"who": "Zoë"})


def test_the_id_is_that_of_the_content(tmp_path: Path, folder: Path, nets: tuple[TextNet, MarkNet]) -> None:
    again = write(tmp_path / "again", nets)
    assert again == load_bundle(folder).bundle_id == load_bundle(tmp_path / "again").bundle_id
    assert write(tmp_path / "other", nets, {"who": "Ada"}) != again
    with torch.no_grad():
        next(nets[0].parameters()).view(-1)[0] += 1e-6
    assert write(tmp_path / "third", nets) != again


def test_there_is_no_pickle_in_it(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    json.loads((folder / "bundle.json").read_bytes())
    for name in FILES[1:]:
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
            load_bundle(folder)
        return
    with suppress(BundleError):  # a changed text in the manifest is a bundle too, but another one
        assert load_bundle(folder).bundle_id != before


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        load_bundle(folder)


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
        {"text": {}},
        {"text": {"config": 7, "sha256": ""}},
        {"text": {"config": {"classes": -4}, "sha256": ""}},
        {"marks": {"config": {"channels": [16, 32], "depth": 3}, "sha256": ""}},
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


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    import hashlib

    for data in (save({"weight": torch.zeros(3)}), b"no safetensors"):
        (folder / "marks.safetensors").write_bytes(data)
        content = json.loads((folder / "bundle.json").read_bytes())
        content["marks"]["sha256"] = hashlib.sha256(data).hexdigest()
        (folder / "bundle.json").write_text(json.dumps(content))
        with pytest.raises(BundleError, match="does not fit its network"):
            load_bundle(folder)


def test_a_folder_that_is_not_there_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "nowhere")
