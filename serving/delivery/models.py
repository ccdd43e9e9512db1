"""Models as MLflow shows them: versions of one registered model, and aliases that follow the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from serving.delivery.trials import bring_trial
from serving.ledger.clock import utc_now
from serving.models import Models
from serving.models.picture import succession_picture
from serving.models.story import rows_of, succession_html
from serving.models.words import short

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.ledger.activation import ModelParcel
    from serving.models import Shelf
    from serving.tracking import Tracking

MODEL = "penfield"
"""The name under which MLflow's registry knows all bundles of ours."""
EXPERIMENT = "models"
CHAMPION, CHALLENGER = "champion", "challenger"


def alias_of(scope: str, role: str = CHAMPION) -> str:
    """The alias of the champion of a scope: `champion`, or `champion-ssn`; likewise of the challenger."""
    return f"{role}-{scope}" if scope else role


def bring_models(ledger: Ledger, tracking: Tracking, shelf: Shelf, progress: Callable[[], None]) -> int:
    """Bring what waits of models, strictly in order, and return how much it was.

    Each parcel may be brought again where this was cut off: a bundle becomes a version once, told by its digest, and an
    alias is set to what the ledger said. Raises what the store or the shelf raises; the rest waits.
    """
    with ledger.succession_to_read() as rows:
        waiting = rows.pending()
    show = _Show(ledger, tracking, shelf)
    for parcel in waiting:
        show.bring(parcel)
        with ledger.succession() as done:
            done.delivered([parcel.key])
        progress()
    if any(parcel.kind == "activation" for parcel in waiting):
        show.bring_succession()
        progress()
    return len(waiting)


class _Show:
    def __init__(self, ledger: Ledger, tracking: Tracking, shelf: Shelf) -> None:
        self.ledger, self.models, self.tracking = ledger, Models(ledger, shelf), tracking
        self.published = {each.seq: each for each in self.models.published()}
        self.activated = {each.seq: each for each in self.models.history()}

    def bring(self, parcel: ModelParcel) -> None:
        """A version, an alias, or how a trial stands."""
        if parcel.kind == "publication":
            self._version(self.published[int(parcel.payload["seq"])].bundle_id)
        elif parcel.kind == "activation":
            made = self.activated[int(parcel.payload["seq"])]
            self._alias(alias_of(made.scope), made.bundle_id)
        elif parcel.kind == "challenger":
            self._alias(alias_of(str(parcel.payload["scope"]), CHALLENGER), str(parcel.payload["bundle_id"]))
        elif parcel.kind in ("trial", "trial_end"):
            bring_trial(self.ledger, self.tracking, parcel)

    def bring_succession(self) -> None:
        """Who was the champion when, as a page, a picture and a table: what MLflow's aliases do not remember."""
        import pandas as pd

        run_id = self.tracking.open_run(EXPERIMENT, "succession", name="line of succession")
        history, published = self.models.history(), self.models.published()
        self.tracking.log_figure(run_id, "succession.png", succession_picture(history, utc_now()))
        self.tracking.log_text(run_id, "succession.html", succession_html(history, published, utc_now()))
        self.tracking.log_table(run_id, "succession.json", pd.DataFrame(rows_of(history)))
        self.tracking.finish(run_id)

    def _alias(self, alias: str, bundle_id: str) -> None:
        if bundle_id:
            self._version(bundle_id)
        self.tracking.set_alias(MODEL, alias, bundle_id)

    def _version(self, bundle_id: str) -> None:
        """The bundle as a version of the model; one that MLflow has already is not copied again."""
        if self.tracking.has_bundle(MODEL, bundle_id):
            return
        told = next(each for each in self.published.values() if each.bundle_id == bundle_id)
        params = {"bundle_id": bundle_id, "published_by": told.by, "published_at": told.at, "note": told.note}
        run_id = self.tracking.open_run(EXPERIMENT, f"bundle:{bundle_id}", name=short(bundle_id), params=params)
        tags = {"penfield.bundle_id": bundle_id}
        self.tracking.register_bundle(run_id, self.models.shelf.folder(bundle_id), name=MODEL, tags=tags)
        self.tracking.finish(run_id)
