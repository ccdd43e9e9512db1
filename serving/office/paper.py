"""What the paper says beside a field: its definition, its label, the title of its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recognizer.errors import LedgerError
from recognizer.form import Field
from serving.ledger import Ledger
from serving.ledger.parts import CropPart
from serving.ledger.truth import Truth
from serving.truth.agreement import Fields, of_part

MOST = 50_000
"""So many crops are remembered; then all of them are forgotten."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One field on one form. `form_digest` and `title` are empty where it came without a form. Where it is a `part`,
    the field is what is shown of it."""

    field: Field
    form_digest: str | None = None
    title: str = ""
    part: CropPart | None = None

    @property
    def label(self) -> str:
        """The words printed beside the field, or its name in words."""
        return self.field.label or self.field.name.replace("_", " ")


class Papers:
    """The papers of crops. What it remembers never changes: definitions are known by their digests."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._crops: dict[str, tuple[str | None, CropPart | None]] = {}
        self._fields = Fields(self._definition)
        self._titles: dict[str, str] = {}

    def of(self, truth: Truth, crop_id: str, field: str, kind: str) -> Paper:
        """The paper of a crop, as the batch had it that used it first; of a part, what is left of the whole's."""
        if crop_id not in self._crops:
            if len(self._crops) >= MOST:
                self._crops.clear()
            part = truth.parts.known([crop_id]).get(crop_id)
            uses = truth.uses_of([crop_id if part is None else part.crop_id])
            self._crops[crop_id] = next((use.form_digest for use in uses), None), part
        form_digest, part = self._crops[crop_id]
        return self.named(form_digest, field, kind, part)

    def named(self, form_digest: str | None, field: str, kind: str, part: CropPart | None = None) -> Paper:
        """The same, of a form that is known. Of a choice whose answers nobody noted, any text is an answer."""
        found = self._fields.named(form_digest, field, kind)
        found = found or Field.model_validate({"name": field, "kind": "text", "box": (0, 0, 1, 1)})
        shown = found if part is None else of_part(found, part)
        return Paper(field=shown, form_digest=form_digest, title=self._title(form_digest), part=part)

    def _title(self, form_digest: str | None) -> str:
        if form_digest is None:
            return ""
        if form_digest not in self._titles:
            plain = self._definition(form_digest) or {}
            self._titles[form_digest] = str(plain.get("title") or plain.get("name", "").replace("_", " "))
        return self._titles[form_digest]

    def _definition(self, form_digest: str) -> Mapping[str, Any] | None:
        try:
            return self._ledger.form_definition(form_digest)
        except LedgerError:
            return None
