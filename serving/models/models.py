"""Models: publish one, make it the champion of all fields or of one kind, and undo that. Every step is a ledger row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from recognizer.errors import UsageError
from recognizer.form.model import Kind
from serving.ledger import Activation, Ledger, Publication
from serving.ledger.activation import How
from serving.models.line import standing
from serving.models.shelf import Shelf
from serving.models.words import scope_words

ALL = ""
"""The scope of the champion that reads every kind of field that has none of its own."""


class Models:
    """The models of a ledger, with their bundles on a shelf. Safe in several threads and processes."""

    def __init__(self, ledger: Ledger, shelf: Shelf) -> None:
        self._ledger = ledger
        self.shelf = shelf

    def publish(self, folder: Path, *, by: str, note: str = "") -> str:
        """Put a bundle on the shelf and into the ledger, and return its id. Again is harmless; the first note stays.

        Raises BundleError where the folder is no whole bundle.
        """
        bundle_id = self.shelf.put(folder)
        with self._ledger.succession() as rows:
            rows.publish(bundle_id, by=by, note=note)
        return bundle_id

    def published(self) -> tuple[Publication, ...]:
        """Every model that was published, oldest first."""
        with self._ledger.succession_to_read() as rows:
            return rows.published()

    def champion(self, kind: str = ALL) -> Activation | None:
        """What made the model that reads fields of this kind the champion: the kind's own, else the one for all."""
        with self._ledger.succession_to_read() as rows:
            return rows.champion(kind)

    def history(self, kind: str | None = None) -> tuple[Activation, ...]:
        """The activations of a kind, of "" for all kinds, or with None of every scope; oldest first."""
        with self._ledger.succession_to_read() as rows:
            return rows.activations(kind)

    def begin(self, shipped: Path, *, by: str = "penfield") -> Activation:
        """The champion of all fields; where there is none yet, the bundle that ships becomes the first.

        Raises BundleError where there is none and the folder is no whole bundle.
        """
        champion = self.champion()
        if champion is not None:
            return champion
        bundle_id = self.publish(shipped, by=by, note="the model that ships")
        with self._ledger.succession() as rows:
            champion = rows.last(ALL)  # another process may have begun meanwhile, with the same or another
            if champion is None:
                reason = "there was no champion yet, and this model ships with Penfield"
                champion = rows.activate(bundle_id, scope=ALL, how="first", by=by, reason=reason, evidence={})
        return champion

    def activate(
        self,
        bundle_id: str,
        *,
        kind: str = ALL,
        by: str,
        how: How = "manual",
        reason: str,
        evidence: Mapping[str, Any],
        expects: int | None = None,
    ) -> Activation:
        """Make a published bundle the champion, of one kind of field or of all that have none of their own.

        `expects` is the number of the activation (`champion(kind).seq`, 0 for none) that was the champion when this was
        decided. Running batches and servers see the switch at their next page.

        Raises:
            UsageError: there is no reason, no such kind, or the bundle was not published or is that champion already.
            BundleError: the bundle is missing on the shelf or damaged there; the champion stays.
            Outrun: another activation was faster; the champion is the other's.
        """
        self._check(kind, reason)
        if bundle_id not in {each.bundle_id for each in self.published()}:
            raise UsageError(
                f"there is no model {bundle_id} - mend: `penfield publish FOLDER`, `penfield models` lists"
            )
        self.shelf.folder(bundle_id)
        with self._ledger.succession() as rows:
            last = rows.last(kind)
            if last is not None and last.bundle_id == bundle_id and expects in (None, last.seq):
                raise UsageError(f"{bundle_id} is the champion of {scope_words(kind)} already, since {last.at[:19]}")
            return rows.activate(
                bundle_id, scope=kind, how=how, by=by, reason=reason.strip(), evidence=evidence, expects=expects
            )

    def rollback(
        self,
        kind: str = ALL,
        *,
        by: str,
        reason: str,
        evidence: Mapping[str, Any] | None = None,
        expects: int | None = None,
    ) -> Activation:
        """Undo the activation that stands: the champion is again the one that it replaced; once more, the one before.

        A kind whose first own champion is undone is read by the champion of all again: then `bundle_id` is "".
        Raises UsageError where there is nothing to go back to or no reason, BundleError and Outrun as `activate`.
        """
        self._check(kind, reason)
        with self._ledger.succession_to_read() as rows:
            line = standing(rows.activations(kind))
            reads = rows.champion(kind)
        floor = 1 if kind == ALL else 0
        if len(line) <= floor:
            raise UsageError(f"the champion of {scope_words(kind)} replaced none that could come back")
        bundle_id = line[-2].bundle_id if len(line) > 1 else ""
        if bundle_id:
            self.shelf.folder(bundle_id)
        wanted = expects if expects is not None else reads.seq if reads is not None else 0
        grounds = {**(evidence or {}), "undone": line[-1].seq}
        with self._ledger.succession() as rows:
            return rows.activate(
                bundle_id, scope=kind, how="rollback", by=by, reason=reason.strip(), evidence=grounds, expects=wanted
            )

    def _check(self, kind: str, reason: str) -> None:
        if kind != ALL and kind not in get_args(Kind):
            raise UsageError(f"there is no kind of field {kind!r} - mend: one of {', '.join(get_args(Kind))}")
        if not reason.strip():
            raise UsageError("a change of champion needs a reason: it stays in the ledger - mend: say why")
