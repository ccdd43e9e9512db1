"""Which files a batch consists of, in which order, under which names."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recognizer.errors import InputError
from serving.ledger import digest


@dataclass(frozen=True, kw_only=True)
class NamedScan:
    """A file and the name under which it goes into the records: relative to the folder that was named."""

    path: Path
    name: str


def find_scans(named: Sequence[Path], skip: Iterable[Path] = ()) -> tuple[NamedScan, ...]:
    """All files that were named or lie in folders that were named, folders recursively, in natural order (2 before 10).

    Hidden files and folders, and what lies in the folders `skip`, are left out. Two files that would have the same
    name get the names by which they were asked for. Raises InputError where something named is not there or nothing
    is found.
    """
    skipped = {path.resolve() for path in skip}
    found: dict[Path, NamedScan] = {}
    for path in named:
        for scan in _scans_of(path, skipped):
            found.setdefault(scan.path.resolve(), scan)
    if not found:
        raise InputError(f"no scans in {', '.join(map(str, named))}: name files, or folders that hold some")
    return _told_apart(list(found.values()))


def _scans_of(path: Path, skipped: set[Path]) -> Iterator[NamedScan]:
    if path.is_dir():
        for file in sorted(_walk(path, skipped), key=lambda file: natural_key(str(file.relative_to(path)))):
            yield NamedScan(path=file, name=file.relative_to(path).as_posix())
    elif path.exists():
        yield NamedScan(path=path, name=path.name)
    else:
        raise InputError(f"{path}: no such file or folder")


def _walk(folder: Path, skipped: set[Path]) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        here = Path(root)
        folders[:] = [name for name in folders if not name.startswith(".") and (here / name).resolve() not in skipped]
        yield from (here / name for name in files if not name.startswith("."))


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `scan 2` before `scan 10`."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part)


def _told_apart(scans: list[NamedScan]) -> tuple[NamedScan, ...]:
    times = Counter(scan.name for scan in scans)
    return tuple(
        scan if times[scan.name] == 1 else NamedScan(path=scan.path, name=scan.path.as_posix()) for scan in scans
    )


def unreadable_digest(name: str) -> str:
    """Stands in for the digest of a file whose bytes cannot be had."""
    return digest("unreadable", name)
