"""Drain the outbox: what the ledger wants shown goes to MLflow, once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.errors import PenfieldError
from serving.tracking import StoreUnreachable, Tracking, open_store

if TYPE_CHECKING:
    from serving.ledger import Ledger, Parcel

log = logging.getLogger(__name__)

PARCELS_PER_PASS = 10_000


@dataclass(frozen=True, kw_only=True)
class DeliveryReport:
    """How a delivery went: parcels that arrived, parcels that wait, and why they do ("" where none waits)."""

    delivered: int
    pending: int
    reason: str = ""

    @property
    def line(self) -> str:
        """One line for people."""
        if self.reason:
            return f"{self.pending} parcels wait for MLflow: {self.reason} (`penfield deliver` tries again)"
        return f"{self.delivered} parcels delivered to MLflow" if self.delivered else "nothing to deliver"


def deliver(ledger: Ledger, store: Path, *, progress: Callable[[], None] = lambda: None) -> DeliveryReport:
    """Bring everything that waits in the ledger's outbox to the MLflow store of the folder `store`.

    A parcel counts as delivered only when all of it has arrived; one that was cut off is brought again, and nothing
    is doubled by that. A store that cannot be reached, and a batch that cannot be brought, are told in the report
    and never raised. One process delivers at a time. `progress` is called whenever a part has arrived.
    """
    waiting = _waiting(ledger)
    if not waiting:
        return DeliveryReport(delivered=0, pending=0)
    try:
        with open_store(store).locked("delivery", wait=False) as alone:
            if not alone:
                return DeliveryReport(delivered=0, pending=waiting, reason="another process is delivering")
            tracking = Tracking(store)
            delivered, reason = _drain(ledger, tracking, progress)
            if not reason or _reachable(tracking):
                models, why = _bring_models(ledger, tracking, store, progress)
                delivered, reason = delivered + models, reason or why
    except Exception as error:  # whatever a store raises: a batch must not end by it
        delivered, reason = 0, in_one_line(error)
    return DeliveryReport(delivered=delivered, pending=_waiting(ledger), reason=reason)


def _waiting(ledger: Ledger) -> int:
    """How many parcels wait, of batches and of models."""
    return len(ledger.pending(PARCELS_PER_PASS)) + _models_waiting(ledger)


def _models_waiting(ledger: Ledger) -> int:
    with ledger.succession_to_read() as rows:
        return len(rows.pending(PARCELS_PER_PASS))


def _bring_models(ledger: Ledger, tracking: Tracking, store: Path, progress: Callable[[], None]) -> tuple[int, str]:
    """Bring what waits of models; returns how much arrived, and why not all did."""
    from serving.delivery.models import bring_models
    from serving.models import Shelf

    before = _models_waiting(ledger)
    try:
        if before:
            bring_models(ledger, tracking, Shelf(store), progress)
    except Exception as error:
        log.warning("models could not be delivered: %s", in_one_line(error))
        return before - _models_waiting(ledger), in_one_line(error)
    return before - _models_waiting(ledger), ""


def _drain(ledger: Ledger, tracking: Tracking, progress: Callable[[], None]) -> tuple[int, str]:
    """Deliver batch by batch; returns how many parcels arrived and why the first of the others did not."""
    delivered, reason = 0, ""
    failed: set[str] = set()
    while parcels := [p for p in ledger.pending(PARCELS_PER_PASS) if p.batch_id not in failed]:
        for batch_id, group in _by_batch(parcels):
            try:
                _deliver_batch(ledger, tracking, group, progress)
            except Exception as error:
                log.warning("batch %s could not be delivered: %s", batch_id, in_one_line(error))
                failed.add(batch_id)
                reason = reason or in_one_line(error)
                if not _reachable(tracking):
                    return delivered, reason
            else:
                delivered += len(group)
    return delivered, reason


def _deliver_batch(ledger: Ledger, tracking: Tracking, parcels: list[Parcel], progress: Callable[[], None]) -> None:
    from serving.delivery.batch_run import BatchRun
    from serving.delivery.batch_truth import BatchTruth

    run = BatchRun(ledger, tracking, parcels[0].batch_id, progress)
    page_keys = [str(p.payload["page_key"]) for p in parcels if p.kind == "page"]
    run.bring_pages(page_keys)
    erased = [str(p.payload["page_id"]) for p in parcels if p.kind == "erasure"]
    if any(parcel.kind == "batch_finished" for parcel in parcels):
        run.finish()
    if verdicts := [int(p.payload["verdict"]) for p in parcels if p.kind == "verdict"]:
        BatchTruth(run).bring(verdicts)
    if erased:
        BatchTruth(run).bring_again()
        run.erase(erased)  # last: it sweeps the store
    ledger.mark_delivered([parcel.key for parcel in parcels])


def _by_batch(parcels: Iterable[Parcel]) -> list[tuple[str, list[Parcel]]]:
    ordered = sorted(parcels, key=lambda parcel: parcel.batch_id)  # stable: oldest first within a batch
    return [(batch_id, list(group)) for batch_id, group in groupby(ordered, key=lambda parcel: parcel.batch_id)]


def _reachable(tracking: Tracking) -> bool:
    try:
        tracking.store.probe()
    except StoreUnreachable:
        return False
    return True


def in_one_line(error: Exception) -> str:
    """What went wrong, without any value of a field: only messages of known origin are repeated."""
    known = isinstance(error, PenfieldError | OSError) or type(error).__module__.startswith("mlflow")
    text = str(error).strip().split(os.linesep)[0][:300] if known else ""
    return text or type(error).__name__
