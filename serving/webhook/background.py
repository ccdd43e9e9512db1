"""Posting beside something else: a thread that looks now and then, and never is in the way."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from serving.ledger import Ledger
from serving.webhook.deliver import Patience, post_waiting

log = logging.getLogger(__name__)

REST_S = 2.0


class Posting:
    """Posts what waits while the block runs; what is left then waits in the ledger."""

    def __init__(self, ledger: Ledger, *, rest_s: float = REST_S) -> None:
        self._ledger, self._rest_s = ledger, rest_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_round, name="webhooks", daemon=True)

    def __enter__(self) -> Posting:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(timeout=self._rest_s + 1)

    def _go_round(self) -> None:
        while not self._ended.is_set():
            try:
                post_waiting(self._ledger, Patience(pass_s=self._rest_s))
            except Exception as error:  # a database that is away comes back; a server must not end by it
                log.warning("webhooks were not posted: %s", type(error).__name__)
            self._ended.wait(self._rest_s)
