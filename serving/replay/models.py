"""The models of then, from the shelf, each with a door of its own."""

from pathlib import Path

from recognizer.errors import BundleError
from serving.door import Door
from serving.ledger import Ledger
from serving.models import Shelf
from serving.promise import Policy
from serving.readers import Model, Same, load_model
from serving.replay.stage import Otherwise

MOST_KEPT = 4


class Bundles:
    """Loads models when they are asked for, and keeps some."""

    def __init__(self, ledger: Ledger, shelf: Shelf, policy: Policy | None) -> None:
        self._ledger, self._shelf, self._policy = ledger, shelf, policy
        self._doors: dict[str, tuple[Door, Model] | Otherwise] = {}

    def door(self, bundle_id: str) -> Door:
        """A door with a model behind it. Raises Otherwise where it is not on the shelf, or damaged there."""
        return self._opened(bundle_id)[0]

    def model(self, bundle_id: str) -> Model:
        """The model, with what it promises. Raises Otherwise."""
        return self._opened(bundle_id)[1]

    def _opened(self, bundle_id: str) -> tuple[Door, Model]:
        if bundle_id not in self._doors:
            if len(self._doors) >= MOST_KEPT:
                self._doors.pop(next(iter(self._doors)))
            self._doors[bundle_id] = self._load(bundle_id)
        found = self._doors[bundle_id]
        if isinstance(found, Otherwise):
            raise Otherwise(found.state, found.code, found.why)
        return found

    def _load(self, bundle_id: str) -> tuple[Door, Model] | Otherwise:
        try:
            return opened(self._shelf.folder(bundle_id), self._ledger, self._policy)
        except BundleError as error:
            there = bundle_id in self._shelf.ids()
            return Otherwise("missing", "bundle_damaged" if there else "bundle_missing", str(error))


def opened(folder: Path, ledger: Ledger, policy: Policy | None = None) -> tuple[Door, Model]:
    """A door for replays with the model of a folder behind it, and that model. Raises BundleError."""
    model = load_model(folder, policy)
    return Door(Same(model), ledger, purpose="replay"), model
