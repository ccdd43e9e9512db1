"""Everything that a command needs to read something: ledger, door, courier and bar, opened and closed together."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from recognizer.errors import BundleError
from serving.commands.progress import Bar
from serving.delivery import Courier
from serving.door import Door, open_door
from serving.ledger import Ledger, open_ledger
from serving.models import Champions, Models, Shelf
from serving.models.named import folder_of
from serving.promise import Policy, load_policy
from serving.store import Places, places
from serving.trial.beside import Beside

BUNDLE_VARIABLE = "PENFIELD_BUNDLE"
SHIPPED_BUNDLE = Path(__file__).parents[2] / "data" / "bundle"


@dataclass(frozen=True, kw_only=True)
class Session:
    """What is open. `courier` is None where delivery was put off."""

    places: Places
    ledger: Ledger
    door: Door
    bar: Bar
    courier: Courier | None

    @property
    def delivery_line(self) -> str:
        """How delivery went, in one line; to be asked for when the session has ended."""
        if self.courier is None:
            return "what goes to MLflow waits in the outbox: `penfield deliver` brings it"
        return self.courier.report.line


@contextmanager
def working(
    bundle: Path | None,
    store: Path | None,
    ledger_url: str | None,
    *,
    deliver_later: bool,
    policy: Path | None = None,
) -> Iterator[Session]:
    """Open the ledger first, so that the courier finds its tables; load the models once. Raises PenfieldError.

    Without a bundle the champions read, and whoever becomes one meanwhile, from the next page on; challengers read
    beside them.
    """
    wanted = load_policy(policy) if policy is not None else None
    where = places(store, ledger_url)
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(where.ledger_url))
        door = door_to(bundle, where, ledger, wanted)
        courier = None if deliver_later else stack.enter_context(Courier(where.store, where.ledger_url))
        if not named_bundle(bundle):  # trials hold models against the champions
            stack.enter_context(Beside(ledger, where.store, wanted))
        bar = stack.enter_context(Bar(Console(stderr=True)))
        yield Session(places=where, ledger=ledger, door=door, bar=bar, courier=courier)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The models of a ledger, open."""

    places: Places
    ledger: Ledger
    models: Models


@contextmanager
def shelf_and_ledger(store: Path | None, ledger_url: str | None) -> Iterator[Archive]:
    """Open what is known of models; in a new store, the model that ships is the champion. Raises PenfieldError."""
    where = places(store, ledger_url)
    with open_ledger(where.ledger_url) as ledger:
        models = Models(ledger, Shelf(where.store))
        models.begin(SHIPPED_BUNDLE)
        yield Archive(places=where, ledger=ledger, models=models)


def door_to(bundle: Path | None, where: Places, ledger: Ledger, policy: Policy | None) -> Door:
    """A door with the bundle behind it that is named, here or by PENFIELD_BUNDLE; without one, with the champions.

    What reads is on the shelf from then on, so that its readings can be repeated. Raises BundleError.
    """
    shelf, asked = Shelf(where.store), named_bundle(bundle)
    if asked is not None:
        return open_door(shelf.folder(shelf.put(folder_of(asked, shelf))), ledger, policy=policy)
    Models(ledger, shelf).begin(SHIPPED_BUNDLE)
    return Door(Champions(ledger, shelf, policy), ledger)


def champion_folder(bundle: Path | None, where: Places) -> Path:
    """The folder of the bundle that is named, else of the champion of all fields, else of the model that ships.

    Where there is no ledger yet, none is made. Raises BundleError.
    """
    shelf, asked = Shelf(where.store), named_bundle(bundle)
    if asked is not None:
        return folder_of(asked, shelf)
    if where.is_new:
        return bundle_folder(None)
    with open_ledger(where.ledger_url) as ledger:
        champion = Models(ledger, shelf).champion()
    return shelf.folder(champion.bundle_id) if champion is not None else bundle_folder(None)


def named_bundle(asked: Path | None) -> Path | None:
    """The bundle that was named: by an option, else by PENFIELD_BUNDLE."""
    return asked or (Path(os.environ[BUNDLE_VARIABLE]) if os.environ.get(BUNDLE_VARIABLE) else None)


def bundle_folder(asked: Path | None) -> Path:
    """The model's folder: the one asked for, else PENFIELD_BUNDLE, else the one that ships. Raises BundleError."""
    folder = named_bundle(asked) or SHIPPED_BUNDLE
    if not folder.is_dir():
        raise BundleError(f"there is no model in {folder}: name its folder with --bundle, or make one: penfield train")
    return folder
