"""The shelf: every model that was published, in the store, under its digest. Recognition finds its champion here."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from recognizer.bundle import masters_of
from recognizer.errors import BundleError
from serving.models.verify import verified

FOLDER = "bundles"


class Shelf:
    """The folder `bundles` of a store. Whatever stands on it under an id was whole when it was put there."""

    def __init__(self, store: Path) -> None:
        self._bundles = Path(store) / FOLDER

    def put(self, folder: Path) -> str:
        """Copy a bundle, with its masters where they are there, and return its id. Again is harmless, and mends what is
        damaged on the shelf. Others see all of it or nothing.

        Raises BundleError where the folder is no whole bundle.
        """
        bundle_id = verified(folder)
        target = self._bundles / bundle_id
        if self._is_whole(bundle_id):
            return bundle_id
        self._bundles.mkdir(parents=True, exist_ok=True)
        with (self._bundles / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._is_whole(bundle_id):  # else another was faster
                if masters_of(folder).is_dir():
                    _copy_whole(masters_of(folder), masters_of(target))
                _copy_whole(folder, target)
        verified(target, bundle_id)  # what was copied is what was checked, whoever wrote to the folder meanwhile
        return bundle_id

    def folder(self, bundle_id: str) -> Path:
        """Where a bundle lies; every byte of it was checked just now. Raises BundleError, which says what to mend."""
        folder = self._bundles / bundle_id
        mend = f"`penfield publish FOLDER` with the folder of model {bundle_id} puts it there again"
        if not bundle_id or not folder.is_dir():
            raise BundleError(f"the model {bundle_id} is not in {self._bundles} - mend: {mend}")
        try:
            verified(folder, bundle_id)
        except BundleError as error:
            raise BundleError(f"{error} - mend: {mend}") from error
        return folder

    def ids(self) -> tuple[str, ...]:
        """The ids of all bundles on the shelf, whole or not, in the order of their names."""
        if not self._bundles.is_dir():
            return ()
        names = (path.name for path in self._bundles.iterdir() if (path / "bundle.json").is_file())
        return tuple(sorted(name for name in names if not name.startswith(".")))

    def without_place(self, words: str) -> str:
        """What is said of a bundle, for pages that leave the house: its id, and not where the shelf stands."""
        return words.replace(f"{self._bundles}/", "").replace(str(self._bundles), "the store")

    def _is_whole(self, bundle_id: str) -> bool:
        try:
            verified(self._bundles / bundle_id, bundle_id)
        except BundleError:
            return False
        return True


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a folder's files so that others see none or all of them. What stood there before, damaged, is taken away."""
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        made, old = scratch / "new", scratch / "old"
        made.mkdir()
        for path in sorted(source.iterdir()):
            if path.is_file():
                _copy_file(path, made / path.name)
        _sync(made)
        if target.is_dir():
            target.rename(old)
        made.rename(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as written:
        shutil.copyfileobj(read, written)
        written.flush()
        os.fsync(written.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
