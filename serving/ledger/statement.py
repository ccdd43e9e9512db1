"""What is said of a field, by whom, with two clocks; and where the field stands in the records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from serving.ledger.masking import is_sensitive, masked
from serving.ledger.values import ACCEPTED

Source = Literal["model", "crowd", "expert", "customer"]

WITHDRAWN = "withdrawn"
"""Outcome of a verdict by which a source takes back what it said of a field: it says nothing any more."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What people settled about a crop, as it is handed to the ledger.

    `outcome` and `text` are as of a reading, or `withdrawn`. `by` is the policy, the person's id or the customer's
    file; `evidence` what it rests on (vote tokens, the policy's digest, a reason). `valid_at` is when it was true; None
    for when the form was read. When we learned it, the ledger's clock says.
    """

    crop_id: str
    source: Literal["crowd", "expert", "customer"]
    outcome: str
    text: str
    by: str
    confidence: float | None = None
    valid_at: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One thing that was said of a crop: a reading with its decision, or a verdict.

    It holds from `valid_at` on, and is known since `known_at` (UTC, ISO 8601, 32 characters: they sort as text).
    `decision` is the machine's, None for people. `by` names bundle, policy, person or customer's file.
    """

    statement_id: str
    crop_id: str
    source: Source
    outcome: str
    text: str
    confidence: float | None
    valid_at: str
    known_at: str
    by: str
    decision: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settles(self) -> bool:
        """Whether nobody has to look at the field any more."""
        return self.decision is None or self.decision in ACCEPTED


RecordKey = tuple[str, int, int]
"""A record: batch, number of the scan, number of the page."""


@dataclass(frozen=True, kw_only=True)
class FieldUse:
    """One field of one record: where it stands, and the reading that its batch took for it."""

    batch_id: str
    scan_no: int
    page_no: int
    scan: str
    page_id: str
    form: str | None
    form_digest: str | None
    field: str
    kind: str
    crop_id: str
    prediction_id: str
    policy_digest: str
    bundle_id: str
    probability: float | None
    quality: str | None
    reading: Statement
    erased_at: str | None = None
    sensitive: bool | None = None

    @property
    def is_sensitive(self) -> bool:
        """Whether its values and pictures must not be seen outside the ledger and the records."""
        return is_sensitive(self.kind, self.sensitive)

    def shown(self, text: str) -> str:
        """A value of it, as far as it may be seen there."""
        return masked(text, self.kind) if self.is_sensitive else text

    @property
    def record(self) -> RecordKey:
        """The record that the field belongs to."""
        return self.batch_id, self.scan_no, self.page_no

    @property
    def address(self) -> str:
        """The field as people write it: SCAN:PAGE:FIELD."""
        return f"{self.scan}:{self.page_no}:{self.field}"


@dataclass(frozen=True, kw_only=True)
class RecordEvent:
    """Something that happened to a record. `facts` of `delivered` and `reopened`: the verdict for each field that had
    one, by its name (`verdicts`); a field that is not named had its batch's own reading. `corrected`: what was
    re-opened left the house again."""

    batch_id: str
    scan_no: int
    page_no: int
    event: Literal["completed", "delivered", "reopened", "corrected", "erased"]
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @property
    def record(self) -> RecordKey:
        """The record that it happened to."""
        return self.batch_id, self.scan_no, self.page_no
