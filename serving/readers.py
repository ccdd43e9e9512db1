"""Which models read a page: one for all kinds of field, and those that some kinds have of their own."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from recognizer.reader import Reader, load_reader
from serving.decision.decide import POLICY_VERSION
from serving.ledger import digest
from serving.promise import Policy, Promise, promise_of, promises_left


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """What reads, and what can be promised of its readings.

    `left` holds what can be promised of a stack of which some components are left, by their names.
    """

    reader: Reader
    promise: Promise = field(default_factory=Promise)
    left: Mapping[tuple[str, ...], Promise] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """How it reads, for the log."""
        return {"version": self.reader.version, "settings": dict(self.reader.settings)}

    def reading_by(self, reader: Reader) -> "Model":
        """The same model where `reader`, a part of it, reads in its place; nothing is promised without labels."""
        if reader is self.reader:
            return self
        promise = self.left.get(getattr(reader, "members", ())) if getattr(reader, "is_trusted", True) else None
        return replace(self, reader=reader, promise=promise or Promise(policy=self.promise.policy))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lineup:
    """The models that read one page. `own` are those of some kinds, by kind; all promise under the same policy.

    `turn` is the number of the last activation that it follows, 0 where it follows none.
    """

    general: Model
    own: Mapping[str, Model] = field(default_factory=dict)
    turn: int = 0

    def of(self, kind: str) -> Model:
        """The model that reads a kind of field."""
        return self.own.get(kind, self.general)

    def each(self, kept: Callable[[Reader], Reader]) -> "Lineup":
        """The same line-up, each model read by what `kept` gives for its reader."""
        general = self.general.reading_by(kept(self.general.reader))
        own = {kind: model.reading_by(kept(model.reader)) for kind, model in self.own.items()}
        same = general is self.general and all(own[kind] is model for kind, model in self.own.items())
        return self if same else replace(self, general=general, own=own)

    @property
    def bundle_ids(self) -> dict[str, str]:
        """The models by scope: "" for all kinds but those that are named."""
        return {"": self.general.reader.bundle_id, **{kind: m.reader.bundle_id for kind, m in sorted(self.own.items())}}

    @cached_property
    def policy_digest(self) -> str:
        """How it is decided what is accepted: rules, policy, and the labels that thresholds are chosen on."""
        own = {kind: model.promise.digest for kind, model in self.own.items()}
        return digest("decisions", POLICY_VERSION, self.general.promise.digest, *([own] if own else []))

    @property
    def facts(self) -> dict[str, Any]:
        """The models, for the log."""
        own = {kind: {"bundle_id": m.reader.bundle_id, **m.facts} for kind, m in sorted(self.own.items())}
        return self.general.facts | ({"kinds": own} if own else {})


class Readers(ABC):
    """Says which models read. They are asked for once a page: a page is never read by two line-ups."""

    follows = False
    """Whether the line-up may change while it is in use."""

    @abstractmethod
    def now(self) -> Lineup:
        """The models of this moment."""


class Same(Readers):
    """One model, always."""

    def __init__(self, model: Model) -> None:
        self._lineup = Lineup(general=model)

    def now(self) -> Lineup:
        """That model."""
        return self._lineup


def load_model(bundle: Path, policy: Policy | None = None) -> Model:
    """The model of a bundle folder with what it promises under a policy. Raises BundleError."""
    promise = promise_of(bundle, policy)
    return Model(reader=load_reader(bundle), promise=promise, left=promises_left(bundle, promise.policy))
