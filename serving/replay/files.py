"""Finds a scan's file again: where it lay, or by name or digest in folders that are named."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from recognizer.errors import ScanRejected
from serving.intake.workshop import digest_file
from serving.ledger.origin import Origin
from serving.replay.stage import Otherwise

SHORT = 12


class Files:
    """Looks for scans. What was read once is known from then on; folders are searched through as a last resort."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folders)
        self._digests: dict[Path, str | None] = {}
        self._all: dict[str, Path] | None = None

    def find(self, origin: Origin, max_bytes: int) -> tuple[Path, str]:
        """The file with the bytes that were read, and a word on where it was found. Raises Otherwise."""
        wanted, there = origin.page.scan_digest, []
        places = [Path(place) for _, place in origin.scans if place]
        for path in dict.fromkeys([*places, *self._named(origin)]):
            found = self._digest(path, max_bytes)
            if found == wanted:
                return path, "" if path in places else f"found as {path}"
            if found is not None:
                there.append((path, found))
        if (elsewhere := self._everywhere(max_bytes).get(wanted)) is not None:
            return elsewhere, f"found as {elsewhere}"
        if there:
            path, found = there[0]
            why = f"{path} holds other bytes now: SHA-256 {found[:SHORT]}…, not {wanted[:SHORT]}…"
            raise Otherwise("differs", "scan_changed", why)
        where = f"{places[0]} is not there" if places else "where it lay was not recorded"
        raise Otherwise("missing", "scan_gone", f"{where} - mend: --scans FOLDER with the file in it")

    def _named(self, origin: Origin) -> Iterator[Path]:
        for folder in self._folders:
            for name, _ in origin.scans:
                yield from (folder / name, folder / Path(name).name)

    def _everywhere(self, max_bytes: int) -> dict[str, Path]:
        """All files in the folders, by digest."""
        if self._all is None:
            files = sorted(path for folder in self._folders for path in folder.rglob("*") if path.is_file())
            found = [(self._digest(path, max_bytes), path) for path in files]
            self._all = {digest: path for digest, path in reversed(found) if digest is not None}
        return self._all

    def _digest(self, path: Path, max_bytes: int) -> str | None:
        if path not in self._digests:
            try:
                self._digests[path] = digest_file(path, max_bytes)
            except ScanRejected:
                self._digests[path] = None
        return self._digests[path]
