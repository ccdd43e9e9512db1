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
from serving.promise import load_policy
from serving.store import Places, places

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
    """Open the ledger first, so that the courier finds its tables; load the model once. Raises PenfieldError."""
    wanted = load_policy(policy) if policy is not None else None
    where = places(store, ledger_url)
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger(where.ledger_url))
        door = open_door(bundle_folder(bundle), ledger, policy=wanted)
        courier = None if deliver_later else stack.enter_context(Courier(where.store, where.ledger_url))
        bar = stack.enter_context(Bar(Console(stderr=True)))
        yield Session(places=where, ledger=ledger, door=door, bar=bar, courier=courier)


def bundle_folder(asked: Path | None) -> Path:
    """The model's folder: the one asked for, else PENFIELD_BUNDLE, else the one that ships. Raises BundleError."""
    folder = asked or Path(os.environ.get("PENFIELD_BUNDLE") or SHIPPED_BUNDLE)
    if not folder.is_dir():
        raise BundleError(f"there is no model in {folder}: name its folder with --bundle, or make one: penfield train")
    return folder
