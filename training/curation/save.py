"""What curation found, as a versioned data set and as a page to look at; sensitive fields are masked in both."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.ledger.plain import canonical
from training.curation.curate import Curated, Shown
from training.curation.suspects import Suspect

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
TABLE, MANIFEST, PAGE, PICTURES = "curated.parquet", "manifest.json", "index.html", "pictures"
COLUMNS = [
    "list", "rank", "group", "crop_id", "address", "form", "field", "kind", "given", "likelier", "reads", "doubt",
    "disagreement", "rarity", "seconds", "worth", "margin",
]  # fmt: skip
PERSONAL = ["address", "given", "likelier", "reads"]
MOST_GROUPS = 100
"""So many groups of near-duplicates are shown on the page; the table has all."""


def save(folder: Path, found: Curated) -> str:
    """Write table, pictures, page and manifest into a folder; returns the digest of what was found, its version."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = frame(found)
    version = digest_of(rows)
    rows.to_parquet(folder / TABLE, compression="zstd", index=False)
    pictures = folder / PICTURES
    pictures.mkdir(exist_ok=True)
    for path in pictures.glob("*.png"):  # of an earlier version
        path.unlink()
    for crop_id, shown in found.fields.items():
        if shown.png is not None:
            (pictures / f"{crop_id}.png").write_bytes(shown.png)
    (folder / PAGE).write_text(page(found, version), encoding="utf-8")
    manifest = {"format": FORMAT, "digest": version, "known_at": found.known_at, "columns": COLUMNS, **facts(found)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return version


def facts(found: Curated) -> dict[str, int]:
    """How much was looked at, and found."""
    return {
        "pool": found.pool, "labelled": found.labelled, "to_label": len(found.picks), "suspects": len(found.suspects),
        "duplicate_groups": len(found.groups), "contradicting_groups": len(found.contradicting),
    }  # fmt: skip


def digest_of(rows: "pd.DataFrame") -> str:
    """The version of what was found. 32 hexadecimal digits."""
    plain = canonical([FORMAT, rows.astype(object).where(rows.notna(), None).to_dict("records")])
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def frame(found: Curated) -> "pd.DataFrame":
    """One row per field and list: `to_label`, `suspect`, `duplicate` (with the number of its group)."""
    import pandas as pd

    return pd.DataFrame(list(_rows(found)), columns=COLUMNS)


def _rows(found: Curated) -> Iterator[dict[str, Any]]:
    for rank, pick in enumerate(found.picks, start=1):
        one = pick.candidate
        yield {
            **_named("to_label", rank, one.crop_id, found), "doubt": one.doubt, "disagreement": one.disagreement,
            "rarity": pick.rarity, "seconds": one.seconds, "worth": pick.worth,
        }  # fmt: skip
    for rank, each in enumerate(found.suspects, start=1):
        yield {
            **_named("suspect", rank, each.judged.crop_id, found), "likelier": _likelier(each, found),
            "margin": each.margin,
        }  # fmt: skip
    for number, group in enumerate(found.groups, start=1):
        for rank, crop_id in enumerate(group, start=1):
            yield {**_named("duplicate", rank, crop_id, found), "group": number}


def _likelier(each: Suspect, found: Curated) -> str:
    """What would be likelier than the label, as far as it may be shown; the name of a non-answer as it is."""
    use = found.fields[each.judged.crop_id].use
    return each.likelier if each.likelier.startswith("<") else use.shown(each.likelier)


def _named(name: str, rank: int, crop_id: str, found: Curated) -> dict[str, Any]:
    shown = found.fields[crop_id]
    use = shown.use
    return {
        "list": name, "rank": rank, "crop_id": crop_id, "address": use.address, "form": use.form, "field": use.field,
        "kind": use.kind, "given": shown.given, "reads": " | ".join(shown.reads),
    }  # fmt: skip


def page(found: Curated, version: str) -> str:
    """The page with the crops, whole in itself."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader("training.curation", "."), PackageLoader("serving.report", ".")])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    environment.filters |= {"picture": _picture, "percent": lambda share: f"{share:.0%}"}
    differing = set(found.contradicting)
    groups = [(group, group in differing) for group in found.groups]
    groups.sort(key=lambda item: not item[1])
    return environment.get_template("curated.html.j2").render(
        found=found, fields=found.fields, version=version, groups=groups[:MOST_GROUPS], facts=facts(found),
        likelier=lambda each: _likelier(each, found),
    )  # fmt: skip


def _picture(shown: Shown) -> str:
    return "" if shown.png is None else f"data:image/png;base64,{base64.b64encode(shown.png).decode()}"


def log_curated(store: Path, found: Curated, version: str) -> str:
    """Tell MLflow of the data set by `mlflow.data`, without texts and pictures. Returns the run.

    Raises StoreUnreachable.
    """
    from serving.tracking import Tracking

    rows = frame(found).drop(columns=PERSONAL)
    tracking = Tracking(store)
    run = tracking.open_run("curation", f"curated-{version}", name=f"curated {version[:8]}", params=facts(found))
    tracking.log_dataset(run, rows, name="curated", digest=version, source=f"ledger@{found.known_at}",
                         context="curation")  # fmt: skip
    tracking.log_parquet(run, TABLE, rows)
    tracking.finish(run)
    return run
