"""Monitors beside a server: a process of its own looks now and then, so that no request ever waits for it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.errors import PenfieldError
from serving.aside import Aside, listen
from serving.monitors.settings import Settings

if TYPE_CHECKING:
    from serving.ledger import Ledger

EVERY_S = 600.0
"""From the end of one look to the next."""
LOG = "monitors.log"


def monitoring(store: Path, ledger_url: str, settings: Settings | None = None, *, every_s: float = EVERY_S) -> Aside:
    """Looks while the block runs, first at once. What it says is in the store's `monitors.log`."""
    wanted = (settings or Settings()).model_dump(mode="json")
    told = {"ledger": ledger_url, "store": str(store), "every_s": every_s, "settings": wanted}
    return Aside("serving.monitors.beside", told, Path(store) / LOG)


def main() -> None:
    """The process: look, rest, until it is told to stop, also in the midst of a look."""
    told = listen(10, lambda: os._exit(0))
    if not told:
        return
    store, settings = Path(told["store"]), Settings.model_validate(told["settings"])
    from serving.ledger import open_ledger

    with open_ledger(told["ledger"]) as ledger:
        while True:
            _look(ledger, store, settings)
            time.sleep(told["every_s"])


def _look(ledger: Ledger, store: Path, settings: Settings) -> None:
    from serving.columns import columns_of
    from serving.models import Shelf
    from serving.monitors.looking import look

    try:
        for alarm in look(ledger, columns_of(store), settings, shelf=Shelf(store)).sounded:
            print(f"alarm {alarm.seq}: {alarm.monitor}, {alarm.where}", flush=True)
    except PenfieldError as error:  # a database that is away comes back
        print(f"could not look: {error}", flush=True)
