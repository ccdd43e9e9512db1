"""What the ledger knows of how a prediction came to be, and what came of making it again, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from serving.ledger.masking import is_sensitive, masked
from serving.ledger.values import Answer, PageEntry, Prediction, StoredCrop


@dataclass(frozen=True, kw_only=True)
class Use:
    """Where a batch used a prediction, and the parameters of that batch."""

    batch_id: str
    scan_no: int
    page_no: int
    params: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """How a prediction came to be. `page.setup` is what its setup was, empty where that was not recorded yet.

    `page_environment` and `environment` are what the page was prepared and the crop read under, None where that was not
    recorded yet. `scans` are the names of the page's scan with the places where it lay, the latest first. `use` is the
    latest of a batch, None where none used it; `sensitive` is what its form said of the field. `erased_at` says since
    when nothing of it is left.
    """

    prediction: Prediction
    kind: str
    page: PageEntry
    crop: StoredCrop
    page_environment: Mapping[str, Any] | None
    environment: Mapping[str, Any] | None
    scans: tuple[tuple[str, str | None], ...]
    use: Use | None
    sensitive: bool | None = None
    erased_at: str | None = None

    @property
    def field(self) -> str:
        """The name of the field."""
        return self.crop.field

    def shown(self, text: str) -> str:
        """A value of it, as far as it may be seen outside the ledger and the records."""
        return masked(text, self.kind) if is_sensitive(self.kind, self.sensitive) else text


@dataclass(frozen=True, kw_only=True)
class KnownForm:
    """A form's definition as it was filed; `folder` is where its files lay, None where that was not recorded yet."""

    definition: Mapping[str, Any]
    folder: str | None


@dataclass(frozen=True, kw_only=True)
class PageAnswers:
    """All that was read and decided on a page of a batch, fields in the order of the form."""

    answers: tuple[Answer, ...]
    crops: tuple[StoredCrop, ...]


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What came of making a prediction again. `stage` is the first that is not as recorded, None where all are."""

    prediction_id: str
    stage: str | None
    code: str | None
