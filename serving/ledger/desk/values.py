"""The values that go over the desk: what people are asked, who has it, and what they said."""

from dataclasses import dataclass
from typing import Literal, Protocol

Purpose = Literal["production", "audit", "trial", "gold"]
Role = Literal["reviewer", "expert", "verifier"]


class Said(Protocol):
    """What somebody says of a field: `text`, or an explicit non-answer with the text ""."""

    @property
    def outcome(self) -> str:
        """`text`, `blank`, `illegible` ..."""

    @property
    def text(self) -> str:
        """What is written there."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One question about one crop.

    `record_id` names one page of one batch. `value` is what a wrong value costs, `due_at` when it was promised (ISO
    8601 with zone). It wants so many valid `votes` of people with this `role`; read back, these are what it wants now,
    0 where it is settled. Gold wants none: it is mixed in. `created_at` is the ledger's to say.
    """

    task_id: str
    crop_id: str
    field: str
    kind: str
    consensus: str
    purpose: Purpose = "production"
    prediction_id: str | None = None
    batch_id: str | None = None
    record_id: str | None = None
    form: str | None = None
    value: float = 1.0
    due_at: str | None = None
    votes: int = 1
    role: Role = "reviewer"
    reason: str = "new"
    created_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Who asks for work: a person, in one sitting, in a role. `alone` relaxes the rules for a team of one."""

    person: str
    sitting: str
    role: Role
    alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A task that one person may have now. `slot` and `target_at` are its place in the line; gold stands in none."""

    slot: int | None
    target_at: str
    task_id: str
    crop_id: str
    record_id: str | None
    form: str | None
    field: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place in a line before which nothing was open to a person at the time `at`."""

    target_at: str
    slot: int
    at: str


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A task on somebody's desk until `expires_at`. It does not say why it is asked: nobody can tell gold by it.

    `token` is a fencing token: of two leases of one task, the later has the greater. `relaxed`: only the rules for a
    team of one let this person have it.
    """

    token: int
    task_id: str
    crop_id: str
    form: str | None
    field: str
    kind: str
    role: Role
    expires_at: str
    relaxed: bool


@dataclass(frozen=True, kw_only=True)
class LeaseState:
    """A lease as it stands. `answered`: the person said something of this task that counts, under this lease or
    another. `ended` is how it ended (submitted, released, withdrawn), `voted_at`, `outcome` and `text` are the vote's,
    `voided` says why that does not count; each None where it did not happen."""

    token: int
    task_id: str
    person: str
    role: Role
    sitting: str
    crop_id: str
    record_id: str | None
    purpose: Purpose
    expires_at: str
    answered: bool
    ended: str | None
    outcome: str | None
    text: str | None
    voted_at: str | None
    voided: str | None


@dataclass(frozen=True, kw_only=True)
class Vote:
    """What one person said of one task. `voided` says why it does not count; None where it does."""

    token: int
    task_id: str
    person: str
    role: Role
    outcome: str
    text: str
    seconds: float
    keystrokes: int
    at: str
    voided: str | None


@dataclass(frozen=True, kw_only=True)
class Count:
    """The line of one role and kind: how many votes are wanted, how many of them are on desks, how many are later than
    they ought to be, and since when the oldest task waits."""

    role: Role
    kind: str
    wanted: int
    leased: int
    overdue: int
    oldest_at: str


@dataclass(frozen=True, kw_only=True)
class Gold:
    """A crop whose answer is known, and who knows it."""

    crop_id: str
    outcome: str
    text: str
    by: str
