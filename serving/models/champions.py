"""The champions as readers: what the ledger says now, loaded when it is first asked for, and followed page by page."""

import logging

from recognizer.errors import BundleError
from serving.ledger import Activation, Ledger
from serving.models.shelf import Shelf
from serving.promise import Policy
from serving.readers import Lineup, Model, Readers, load_model

log = logging.getLogger(__name__)


class Champions(Readers):
    """The champion of all fields and those of single kinds, as a ledger names them and a shelf holds them.

    A change of champion is seen the next time that somebody asks, which the door does once a page. Every byte of a
    model is checked when it is loaded, once. Where a new champion cannot be loaded, those of before go on reading, with
    a warning in the log; at the beginning there are none, and BundleError says what to mend.
    """

    follows = True

    def __init__(self, ledger: Ledger, shelf: Shelf, policy: Policy | None = None) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._policy = policy
        self._models: dict[str, Model] = {}
        self._lineup: Lineup | None = None
        self._failed = 0

    def now(self) -> Lineup:
        """The models of this moment, all under the same activations. Raises BundleError, and LedgerError."""
        with self._ledger.succession_to_read() as rows:
            turn = rows.turn()
            if self._lineup is not None and self._lineup.turn == turn:
                return self._lineup
            champions = rows.champions()
        try:
            self._lineup = self._load(champions, max(turn, *(each.seq for each in champions.values()), 0))
        except BundleError as error:
            if self._lineup is None:
                raise
            if self._failed != turn:
                log.warning("the new champion does not read, those of before go on: %s", error)
            self._failed = turn
        return self._lineup

    def _load(self, champions: dict[str, Activation], turn: int) -> Lineup:
        if "" not in champions:
            raise BundleError("there is no champion yet - mend: `penfield activate BUNDLE --reason ...`")
        models = {bundle_id: self._model(bundle_id) for bundle_id in {each.bundle_id for each in champions.values()}}
        self._models = models  # those that nothing is read with any more are let go
        own = {kind: models[each.bundle_id] for kind, each in champions.items() if kind}
        return Lineup(general=models[champions[""].bundle_id], own=own, turn=turn)

    def _model(self, bundle_id: str) -> Model:
        known = self._models.get(bundle_id)
        return known or load_model(self._shelf.folder(bundle_id), self._policy)
