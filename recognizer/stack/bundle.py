"""A stack as a bundle: one flat folder whose `bundle.json` says which components it has and how they are combined.

    bundle.json               as of any bundle, with `stack` in place of networks: components, combiners, kinds, least
    NAME.bundle.json, ...     the files of the component NAME, a bundle itself, as they were
    promise.json.xz           labels of the whole stack; A+B+promise.json.xz those of what may be left of it

PP-OCRv6 does not travel with it: it is found in the package `rapidocr`, by the digest of its weights. Whatever holds
bundles holds stacks, and their id is the digest of `bundle.json`.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recognizer.bundle import FORMAT, INPUT_SPEC, load_bundle, load_content, read_checked
from recognizer.confidence import check_calibration
from recognizer.engine import Engine
from recognizer.errors import BundleError
from recognizer.ppocr import PACKAGE, PPOCR, load_model, package_version
from recognizer.stack.combine import width
from recognizer.stack.stack import Combiner, Component, Members, Stack

PEERS = (PACKAGE,)
"""Components that are no bundles of ours."""


def members_key(members: Members) -> str:
    """How a set of components is written."""
    return "+".join(members)


def load_components(bundles: Mapping[str, Path], peers: tuple[str, ...] = ()) -> dict[str, Component]:
    """Components by name: bundles from their folders, and then peers. Raises BundleError."""
    engines = {name: Engine(load_bundle(folder)) for name, folder in bundles.items()}
    return {**engines, **{peer: _peer(engines, load_model()) for peer in peers}}


def _peer(engines: Mapping[str, Engine], model: bytes) -> PPOCR:
    """PP-OCRv6 with the alphabet and the model of prose of the first of our own."""
    first = next(iter(engines.values())).bundle
    try:
        return PPOCR(model, first.general.alphabet, first.prose)
    except ValueError as error:
        raise BundleError(f"{PACKAGE}: {error} - mend: install the pinned version") from error


def write_stack(
    folder: Path, bundles: Mapping[str, Path], stack: Stack, files: Mapping[str, bytes], manifest: Mapping[str, Any]
) -> str:
    """Write a stack of bundles, and perhaps peers, into a folder; returns its id. `bundle.json` is written last.

    `files` are further files by name, such as labels; what the manifest names under `promise` lies there already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = dict(files)
    for name, source in bundles.items():
        _, content = load_content(source)
        parts[f"{name}.bundle.json"] = (source / "bundle.json").read_bytes()
        parts |= {f"{name}.{file}": read_checked(source / file, sha) for file, sha in content["sha256"].items()}
    for name, data in parts.items():
        (folder / name).write_bytes(data)
    content = {
        "format": FORMAT,
        "input": INPUT_SPEC,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(parts.items())},
        "masters": {},
        "stack": {
            "components": {name: _component_facts(name, each) for name, each in stack.components.items()},
            "combiners": {members_key(members): _plain(each) for members, each in stack.combiners.items()},
            "kinds": list(stack.kinds),
            "least": stack.least,
        },
        "manifest": dict(manifest),
    }
    data = json.dumps(content, indent=1, sort_keys=False, ensure_ascii=False).encode()
    (folder / "bundle.json").write_bytes(data)
    return hashlib.sha256(data).hexdigest()[:32]


def _component_facts(name: str, component: Component) -> dict[str, str]:
    facts = {"id": component.bundle_id}
    return facts | {"package": name, "version": package_version()} if name in PEERS else facts


def _plain(combiner: Combiner) -> dict[str, Any]:
    return {"weights": dict(combiner.weights), "calibration": combiner.calibration, "usual": dict(combiner.usual)}


def load_stack(folder: Path) -> Stack:
    """Read a stack and check every byte that it reads with.

    Raises BundleError where it is damaged, or where a component is missing or another than the stack was fitted with.
    """
    stack_id, content = load_content(folder)
    try:
        told = content["stack"]
        for name, sha256 in content["sha256"].items():
            read_checked(folder / name, sha256)
        return Stack(
            stack_id=stack_id,
            components=_components(folder, told["components"]),
            combiners={tuple(key.split("+")): _combiner(key, each) for key, each in told["combiners"].items()},
            kinds=tuple(told["kinds"]),
            least=int(told["least"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise BundleError(f"{folder / 'bundle.json'} lacks or misstates {error}") from error


def _components(folder: Path, listed: Mapping[str, Mapping[str, str]]) -> dict[str, Component]:
    engines = {name: Engine(load_bundle(folder, f"{name}.")) for name in listed if name not in PEERS}
    found: dict[str, Component] = {
        name: engines[name] if name in engines else _peer(engines, load_model()) for name in listed
    }
    for name, component in found.items():
        if component.bundle_id != listed[name]["id"]:
            version = listed[name].get("version", "")
            raise BundleError(
                f"the stack in {folder} was fitted with another {name} {version} - mend: install that version, or"
                " fit anew"
            )
    return found


def _combiner(key: str, plain: Mapping[str, Any]) -> Combiner:
    check_calibration(plain["calibration"])
    wide = width(len(key.split("+")))
    weights = plain["weights"]
    if "shared" not in weights or any(
        len(row) != wide or not all(isinstance(w, float | int) and math.isfinite(w) for w in row)
        for row in weights.values()
    ):
        raise ValueError(f"the weights of {key}: {wide} numbers for each kind, and for `shared`")
    return Combiner(weights=weights, calibration=plain["calibration"], usual=plain["usual"])
