"""The report of a batch: one HTML page that stands on its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from serving.report.summary import Summary, stage_names, summarize
from serving.report.worst import CropPng, doubtful, doubtful_fields, worst_pages

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Template

    from serving.ledger import BatchFacts

__all__ = ["Summary", "doubtful", "report_html", "stage_names", "summarize"]

FIELDS_SHOWN = 60
PAGES_SHOWN = 25


def report_html(batch: BatchFacts, predictions: pd.DataFrame, pages: pd.DataFrame, crop_png: CropPng) -> str:
    """One self-contained HTML page (no scripts, nothing fetched) about a batch.

    `predictions` and `pages` are the ledger's frames of the batch, `crop_png` gives the picture of a crop by its id.
    Crops and values of sensitive fields are not shown.
    """
    from serving.report import figures

    summary = summarize(batch, predictions, pages)
    return _template().render(
        batch=batch,
        summary=summary,
        settings=_settings(batch),
        confidence=figures.confidence_histogram(predictions, summary) if len(predictions) else "",
        quality=figures.quality_histograms(pages, summary) if summary.quality else "",
        latency=figures.latency_bars(summary) if summary.stages else "",
        fields=doubtful_fields(predictions, crop_png, FIELDS_SHOWN),
        pages=worst_pages(predictions, pages, PAGES_SHOWN),
    )


def _settings(batch: BatchFacts) -> dict[str, object]:
    """What the batch ran with, each setting once."""
    forms = {f"form.{name}": digest for name, digest in batch.forms.items()}
    readers = {f"fields read by {bundle_id}": count for bundle_id, count in batch.bundles.items()}
    return {"bundle_id": batch.bundle_id, **readers, **forms, **batch.params}


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("serving.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "number": _number, "duration": _duration}
    return environment.get_template("report.html.j2")


def _percent(part: float, digits: int = 1) -> str:
    return f"{100 * part:.{digits}f}%"


def _number(value: Any) -> str:
    """A number as people like to read it: 12,345 or 0.123."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)} min {rest:.0f} s" if minutes else f"{rest:.1f} s"
