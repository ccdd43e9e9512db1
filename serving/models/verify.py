"""Whether a bundle folder holds, byte for byte, the model that its id names."""

from pathlib import Path

from recognizer.bundle import load_content, masters_of, read_checked
from recognizer.errors import BundleError
from serving.promise import check_labels


def verified(folder: Path, bundle_id: str | None = None) -> str:
    """The id of the bundle in a folder, after every file of it, and of its masters where they are there, was checked.

    Raises BundleError where a file is missing or damaged, or the bundle is another than `bundle_id`.
    """
    found, content = load_content(folder)
    if bundle_id is not None and found != bundle_id:
        raise BundleError(f"{folder} holds another model: its digest is {found}, not {bundle_id}")
    try:
        for name, sha256 in content["sha256"].items():
            read_checked(folder / name, sha256)
        check_labels(folder, content["manifest"])
        if masters_of(folder).is_dir():
            for name, master in content["masters"].items():
                read_checked(masters_of(folder) / f"{name}.safetensors", master["sha256"])
    except (KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"{folder / 'bundle.json'} lacks or misstates {error}") from error
    return found
