"""The .npz files of the shared data's format: arrays that are unpacked once, or a clear error."""

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from recognizer.errors import InputError


@lru_cache(maxsize=32)
def load_arrays(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """The named arrays of an .npz file. All splits of a corpus share them: they are read-only.

    Raises:
        InputError: the file is not there, is damaged, or lacks an array.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = tuple(file[name] for name in names)
    except FileNotFoundError as error:
        raise InputError(f"{path} is not there") from error
    except KeyError as error:
        raise InputError(f"{path} has no array {error.args[0]!r} - mend: is it a set of another kind?") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is damaged or no .npz file: {error}") from error
    for array in arrays:
        array.flags.writeable = False
    return arrays
