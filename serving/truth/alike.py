"""Fields that may be wrong for the same reason, with their crops, as one HTML page that stands on its own."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from serving.ledger import Ledger
from serving.ledger.statement import FieldUse, Statement
from serving.truth.cause import Suspect, confusions, reasons_counted
from serving.truth.moment import shown

if TYPE_CHECKING:
    from jinja2 import Template

MOST_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Card:
    """One field as the page shows it. `parts` are pieces of its value, each with whether it may be confused there."""

    address: str
    parts: Sequence[tuple[str, bool]]
    picture: str
    confidence: float | None
    reasons: Sequence[str]
    instead: str


def alike_html(ledger: Ledger, use: FieldUse, then: Statement, now: Statement, found: Sequence[Suspect]) -> str:
    """The corrected field, and the suspects in their order. Values and crops of sensitive fields are not shown."""
    confused = confusions(then, now, use.kind)
    return _template().render(
        address=use.address,
        then=said(then, use),
        now=said(now, use),
        source=now.source,
        known=shown(now.known_at),
        confusions=[] if use.is_sensitive else [one.words for one in confused],
        picture=_picture(ledger, use),
        counts=reasons_counted(found).most_common(),
        total=len(found),
        cards=[_card(ledger, suspect) for suspect in found[:MOST_SHOWN]],
    )


def said(statement: Statement | None, use: FieldUse) -> str:
    """What a statement says, as far as it may be shown."""
    if statement is None:
        return "–"
    if statement.outcome != "text":
        return f"– {statement.outcome} –"
    return use.shown(statement.text)


def _card(ledger: Ledger, suspect: Suspect) -> Card:
    hidden = suspect.use.is_sensitive
    return Card(
        address=suspect.use.address,
        parts=[(said(suspect.use.reading, suspect.use), False)] if hidden else _parts(suspect),
        picture=_picture(ledger, suspect.use),
        confidence=suspect.use.reading.confidence,
        reasons=suspect.reasons,
        instead="" if hidden else suspect.confusion.true,
    )


def _parts(suspect: Suspect) -> list[tuple[str, bool]]:
    text, read = said(suspect.use.reading, suspect.use), suspect.confusion.read
    if suspect.confusion.at is None or not read:
        return [(text, False)]
    pieces = [part for piece in text.split(read) for part in ((read, True), (piece, False))][1:]
    return [part for part in pieces if part[0]]


def _picture(ledger: Ledger, use: FieldUse) -> str:
    if use.is_sensitive:
        return ""
    return "data:image/png;base64," + base64.b64encode(ledger.crop_png(use.crop_id)).decode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("serving.truth", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("alike.html.j2")
