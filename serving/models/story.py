"""The line of succession as rows and as a page: who read what, since when, by whom, why, and on which evidence."""

import base64
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from serving.ledger import Activation, Publication
from serving.models.picture import succession_picture
from serving.models.words import scope_words, short

HEADINGS = {
    "at": "since (UTC)", "scope": "reads", "bundle": "model", "replaced": "replaced", "how": "how", "by": "by",
    "reason": "reason", "evidence": "evidence",
}  # fmt: skip

STYLE = """
body { margin: 2rem auto; max-width: 66rem; padding: 0 1rem; color: #22252b; }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
img { max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .9em; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #e3e0d8; }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; }
"""


def rows_of(history: Iterable[Activation]) -> list[dict[str, str]]:
    """One row per activation, oldest first, as text."""
    return [
        {
            "at": each.at[:19].replace("T", " "),
            "scope": scope_words(each.scope),
            "bundle": short(each.bundle_id) if each.bundle_id else "as all fields",
            "replaced": short(each.replaced) if each.replaced else "",
            "how": each.how,
            "by": each.by,
            "reason": each.reason,
            "evidence": evidence_words(each.evidence),
        }
        for each in history
    ]


def evidence_words(evidence: Mapping[str, Any]) -> str:
    """Evidence as text: of a trial its result in short, for the trial shows it in full; of anything else all of it."""
    return trial_words(evidence) or (json.dumps(dict(evidence), ensure_ascii=False) if evidence else "")


def trial_words(evidence: Mapping[str, Any]) -> str:
    """`trial 467bb2c1: 94.0% against 91.2%, 312 answers, capital 24`, the challenger first; "" if it was no trial."""
    if "trial" not in evidence or "answered" not in evidence:
        return ""
    challenger, champion = (
        "unknown" if (value := evidence[side]["value"]) is None else f"{value:.1%}"
        for side in ("challenger", "champion")
    )
    score = f"{challenger} against {champion}, {evidence['answered']:,} answers"
    return f"trial {short(evidence['trial'])}: {score}, capital {min(evidence['evidence'], 1e6):,.0f}"


def succession_html(history: Sequence[Activation], published: Sequence[Publication], now: str) -> str:
    """One page that stands on its own: the picture, every activation, every model."""
    models = [
        {"model": each.bundle_id, "published": each.at[:19].replace("T", " "), "by": each.by, "note": each.note}
        for each in published
    ]
    named = [{HEADINGS[name]: value for name, value in row.items()} for row in rows_of(history)]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Models</title><style>{STYLE}</style>"
        f"<h1>Line of succession</h1><p><img alt='Which model reads, and since when' src='{_png(history, now)}'></p>"
        f"{_table(named)}<h2>Models</h2>{_table(models)}</html>"
    )


def _png(history: Sequence[Activation], now: str) -> str:
    buffer = BytesIO()
    succession_picture(history, now).savefig(buffer, format="png", dpi=150)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _table(rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return "<p>none yet</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(value)}</td>' for value in row.values())}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
