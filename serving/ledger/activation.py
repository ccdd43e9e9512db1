"""The values of the line of succession: which models there are, and which of them answered when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from recognizer.errors import PenfieldError

How = Literal["first", "manual", "trial", "rollback"]
"""What made a model the champion: there was none before; somebody chose; a trial did; the one after it was undone."""


class Outrun(PenfieldError):
    """Another activation was faster; nothing was changed. The message names who, and which model answers now."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A model that may be activated: its bundle, who handed it in, and a note. Times are UTC, ISO 8601."""

    seq: int
    bundle_id: str
    by: str
    note: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Activation:
    """From here on a bundle reads all fields (`scope` "") or those of one kind, until the scope's next activation.

    `bundle_id` is "" where a kind was given back to the champion of all. `replaced` is the bundle that read the scope
    until then, None where none did; `replaced_seq` the scope's activation before, 0 where this is its first. `evidence`
    is what the decision rests on, as plain data.
    """

    seq: int
    scope: str
    bundle_id: str
    replaced: str | None
    replaced_seq: int
    how: How
    by: str
    reason: str
    evidence: Mapping[str, Any]
    at: str


@dataclass(frozen=True, kw_only=True)
class ModelParcel:
    """Something about models to deliver exactly once, in order; `key` is its identity at the receiver too.

    Kinds: `publication`, `activation` (payload: seq, the number of its row), `challenger` (payload: scope, and
    bundle_id, "" for none any more), `trial` (payload: trial_id, step, the answers so far, and metrics), `trial_end`
    (payload: trial_id).
    """

    key: str
    kind: str
    payload: Mapping[str, Any]
