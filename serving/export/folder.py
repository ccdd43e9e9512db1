"""Files that others see whole or not at all, one by one and as a folder."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from recognizer.errors import InputError


def check_folder(out: Path) -> None:
    """Make the folder, so that nobody finds out at the end that it cannot be written to. Raises InputError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise InputError(f"{out}: cannot be written to: {error.strerror}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that others see the old one or all of the new one, even if the machine stops in between."""
    with Staged(path.parent) as staged:
        staged.new(path.name).write_bytes(data)
        staged.publish()


class Staged:
    """New files of a folder, written beside the old ones under hidden names until they are published.

    Left without `publish`, as by an error, nothing has happened.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths: dict[str, Path] = {}

    def __enter__(self) -> "Staged":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for path in self._paths.values():
            path.unlink(missing_ok=True)

    def new(self, name: str) -> Path:
        """Where to write the file that is going to be called `name`."""
        handle, path = tempfile.mkstemp(dir=self.folder, prefix=f".{name}.")
        os.close(handle)
        self._paths[name] = Path(path)
        return self._paths[name]

    def paths(self) -> Iterator[tuple[str, Path]]:
        """The files by name, in the order in which they were begun."""
        yield from self._paths.items()

    def publish(self) -> None:
        """Put the files in the place of the old ones, one after the other, the last one last."""
        mode = 0o666 & ~_umask()
        for path in self._paths.values():
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(mode)
        for name in list(self._paths):
            self._paths.pop(name).replace(self.folder / name)


@contextmanager
def held(folder: Path, wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Nobody else who asks writes to the folder while the block runs. `wait` is called before waiting for another."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files that are there."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
