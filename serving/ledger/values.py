"""The values that go into the ledger and come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from recognizer.page import Quality, Step
from recognizer.reading import Crop, Reading

ACCEPTED = ("accept", "audit")
"""Decisions under which a reading stands as it is."""

Purpose = Literal["production", "evaluation", "trial", "replay"]


@dataclass(frozen=True, kw_only=True)
class ScanEntry:
    """One file of a batch: its number in it, its name relative to what was named, the SHA-256 of its bytes; `place` is
    where it lay, absolute, where that is known."""

    scan_no: int
    path: str
    scan_digest: str
    place: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchStart:
    """What a batch is going to do. `forms` are definitions, as plain data, by digest, `folders` where their files lie;
    `params` go to the log."""

    batch_id: str
    bundle_id: str
    bundle_info: Mapping[str, Any]
    purpose: Purpose
    params: Mapping[str, Any]
    forms: Mapping[str, Mapping[str, Any]]
    scans: tuple[ScanEntry, ...]
    folders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PageEntry:
    """One page as it goes into the ledger. `page_no` 0 is the file as a whole, rejected before its first page.

    `setup` is what the digest stands for, where the page was prepared just now. `scanner` is what the file says of the
    device; None where it says nothing.
    """

    page_key: str
    page_id: str
    scan_digest: str
    page_no: int
    setup_digest: str
    status: str
    reason: str = ""
    form: str | None = None
    form_digest: str | None = None
    width_px: int | None = None
    height_px: int | None = None
    scanner: str | None = None
    quality: Quality | None = None
    steps: tuple[Step, ...] = ()
    alignment: Mapping[str, Any] = field(default_factory=dict)
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    setup: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StoredCrop:
    """A crop in the ledger: all of a `Crop` but the definition of its field, which is the form's to say."""

    crop_id: str
    field: str
    png: bytes
    dpi: float
    quality: Quality | None
    steps: tuple[Step, ...]
    marks: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, kw_only=True)
class BatchPage:
    """One page of a batch in short: its place, the name of its scan, and what became of it."""

    scan_no: int
    page_no: int
    scan: str
    page_id: str
    form: str | None
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FreshReading:
    """What the model said just now of one crop; not yet a prediction."""

    prediction_id: str
    crop: Crop
    language_digest: str
    purpose: Purpose
    reading: Reading
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A reading that is durably recorded. Only the ledger makes one; times are UTC, ISO 8601."""

    prediction_id: str
    crop_id: str
    bundle_id: str
    language_digest: str
    purpose: str
    reading: Reading
    latency_ms: float
    created_at: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What happens with a prediction, why (code and sentence), and under which policy.

    `accept`: its reading stands. `audit`: it stands too, and people key it blind all the same. `review`: people say
    what stands there. `rescan`: people could not say it from this image either. `probability` is that with which an
    accepted field is audited, whether it was drawn or not; None where nothing is drawn.
    """

    prediction_id: str
    policy_digest: str
    decision: Literal["accept", "review", "audit", "rescan"]
    code: str
    reason: str
    threshold: float | None
    probability: float | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the reading stands as it is."""
        return self.decision in ACCEPTED


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One field of one page of one batch: what was predicted and decided."""

    field: str
    prediction: Prediction
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """Something to deliver exactly once; `key` is its identity at the receiver too.

    Kinds: `batch_started` (payload: the batch's params), `page` (payload: page_key, scan_no, page_no),
    `batch_finished` (payload: facts such as seconds and counts), `verdict` (payload: verdict, its number), `erasure`
    (payload: page_id).
    """

    key: str
    kind: Literal["batch_started", "page", "batch_finished", "verdict", "erasure"]
    batch_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class BatchFacts:
    """A batch in figures. `finished_at` is None while it runs or is interrupted; `forms` are digests by name.

    `bundle_id` is the model that it began with, `bundles` counts the fields that each has read, by bundle. `unpromised`
    of the fields in review are there because no threshold keeps the policy's promise yet.
    """

    batch_id: str
    bundle_id: str
    purpose: str
    params: Mapping[str, Any]
    forms: Mapping[str, str]
    started_at: str
    finished_at: str | None
    finish_facts: Mapping[str, Any]
    scans: int
    pages: int
    pages_by_status: Mapping[str, int]
    fields: int
    accepted: int
    review: int
    unpromised: int
    resumed: int
    bundles: Mapping[str, int] = field(default_factory=dict)
