"""Bundles on the shelf: whole or refused, and never half a one."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from recognizer.bundle import load_bundle, masters_of
from recognizer.errors import BundleError
from serving.models import Shelf
from serving.models.verify import verified
from tests.serving.models.bundles import SHIPPED, flip, variant


def test_a_bundle_lies_under_its_digest_with_its_masters(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    bundle_id = shelf.put(SHIPPED)
    assert shelf.ids() == (bundle_id,)
    folder = shelf.folder(bundle_id)
    assert folder == tmp_path / "bundles" / bundle_id and load_bundle(folder).bundle_id == bundle_id
    assert {path.name for path in masters_of(folder).iterdir()} == {p.name for p in masters_of(SHIPPED).iterdir()}


def test_again_changes_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    once = shelf.folder(shelf.put(SHIPPED))
    made = (once / "text.onnx").stat().st_ino
    shelf.put(SHIPPED)
    assert (once / "text.onnx").stat().st_ino == made and len(shelf.ids()) == 1


@pytest.mark.parametrize("name", ["text.onnx", "marks.onnx", "prose.xz", "promise.json.xz"])
def test_a_damaged_file_is_refused_by_its_digest(tmp_path: Path, name: str) -> None:
    folder = variant(tmp_path, "damaged")
    flip(folder / name)
    with pytest.raises(BundleError, match=f"{name}.*digest"):
        Shelf(tmp_path / "store").put(folder)
    assert Shelf(tmp_path / "store").ids() == ()


def test_a_folder_without_a_file_or_without_a_bundle_is_refused(tmp_path: Path) -> None:
    folder = variant(tmp_path, "incomplete")
    (folder / "numbers.onnx").unlink()
    with pytest.raises(BundleError, match=r"numbers.onnx cannot be read"):
        Shelf(tmp_path / "store").put(folder)
    with pytest.raises(BundleError, match="is not a bundle"):
        Shelf(tmp_path / "store").put(tmp_path)


def test_damaged_masters_are_refused_and_missing_ones_are_not(tmp_path: Path) -> None:
    folder = variant(tmp_path, "alone")
    assert verified(folder)
    shutil.copytree(masters_of(SHIPPED), masters_of(folder))
    flip(masters_of(folder) / "marks.safetensors")
    with pytest.raises(BundleError, match=r"marks.safetensors.*digest"):
        verified(folder)


def test_what_is_damaged_on_the_shelf_is_refused_until_it_is_put_there_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    bundle_id = shelf.put(SHIPPED)
    flip(tmp_path / "bundles" / bundle_id / "text.onnx")
    with pytest.raises(BundleError, match=r"text.onnx.*mend: `penfield publish FOLDER`"):
        shelf.folder(bundle_id)
    assert shelf.put(SHIPPED) == bundle_id
    assert load_bundle(shelf.folder(bundle_id)).bundle_id == bundle_id
    assert [path.name for path in (tmp_path / "bundles").iterdir() if path.name.startswith(".")] == [".lock"]


def test_a_foreign_bundle_under_an_id_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "store")
    bundle_id = shelf.put(SHIPPED)
    shutil.rmtree(tmp_path / "store" / "bundles" / bundle_id)
    shutil.copytree(variant(tmp_path, "foreign"), tmp_path / "store" / "bundles" / bundle_id)
    with pytest.raises(BundleError, match=r"another model: its digest is .*mend"):
        shelf.folder(bundle_id)


def test_a_bundle_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"is not in .*mend: `penfield publish FOLDER`"):
        Shelf(tmp_path).folder("0" * 32)


def test_several_may_put_the_same_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(lambda _: Shelf(tmp_path).put(SHIPPED), range(6)))
    assert len(set(ids)) == 1 and verified(Shelf(tmp_path).folder(ids[0]))
    left = {path.name for path in (tmp_path / "bundles").iterdir()}
    assert left == {ids[0], f"{ids[0]}-masters", ".lock"}
