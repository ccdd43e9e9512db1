"""Environment: the versions of everything that pixels and probabilities pass through, and what kind of machine it is.

A reading is a function of its inputs bit for bit, but only on the same libraries: another version of OpenCV may round a
pixel the other way, and another kind of processor may add in another order.
"""

import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "pillow", "pypdfium2", "tifffile", "onnxruntime", "numba")


@cache
def _machine() -> dict[str, Any]:
    libraries = {name: found for name in LIBRARIES if (found := _version(name)) is not None}
    system = {"python": platform.python_version(), "machine": platform.machine(), "processor": _processor()}
    return {"penfield": _version("penfield") or "unknown", **system, **libraries}


def environment(model: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """This program's, as plain data; with the facts of a model (`version`, `settings`), also how that reads."""
    if model is None:
        return dict(_machine())
    settings = {f"engine.{name}": value for name, value in model["settings"].items()}
    return {**_machine(), "engine": model["version"], **settings}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
