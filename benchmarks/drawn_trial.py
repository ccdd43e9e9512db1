"""A trial in a ledger that was drawn: a challenger has read a share of what production read, and people keyed, blind,
where the two differ."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import create_engine, select

from benchmarks.drawn_ledger import TEXTS, Rows, at
from serving.ledger import Ledger, schema
from serving.ledger.plain import canonical
from serving.ledger.schema.lifecycle import activations, publications
from serving.ledger.schema.trials import trial_ends, trial_pairs, trials
from serving.ledger.schema.truth import verdicts
from serving.trial.settings import Settings

TRIAL, CHALLENGER = "7f3a" + 60 * "0", "c41b" + 60 * "0"
DIFFER, ANSWERED, WINS = 0.05, 0.9, 0.54
"""Of pairs: how many differ; of these how many are answered, and of which the challenger is right."""


def draw_trial(ledger: Ledger, settings: Settings, seed: int = 1) -> int:
    """File the trial, which runs on, and one that failed; returns how many pairs it has."""
    engine, rng = create_engine(ledger.url), np.random.default_rng([seed, 9])
    with engine.begin() as connection:
        rows, said = Rows(connection), schema.predictions
        _file_models(rows)
        for seq, (trial_id, note) in enumerate(((TRIAL, ""), ("f" + TRIAL[1:], "damaged")), 1):
            rows.add(
                trials, seq=seq, trial_id=trial_id, scope="", challenger=CHALLENGER, champion="bundle", champion_seq=1,
                watches=0, settings=canonical(settings.plain), by="ada", note=note, at=at(0),
            )  # fmt: skip
        reason = f"the model {CHALLENGER} is not in the store"
        rows.add(trial_ends, trial_id="f" + TRIAL[1:], outcome="failed", by="penfield trial", reason=reason,
                 finding="{}", activation_seq=0, at=at(3600))  # fmt: skip
        rows.flush()
        query = (
            select(said, schema.page_fields.c.kind)
            .join(schema.page_fields, schema.page_fields.c.crop_id == said.c.crop_id)
            .where(said.c.outcome == "text")
        )
        chosen = [row for row in connection.execute(query) if rng.random() < settings.rate]
        for seq, row in enumerate(chosen, 1):
            _file_pair(rows, rng, settings, seq, row)
        rows.flush()
    engine.dispose()
    return len(chosen)


def _file_models(rows: Rows) -> None:
    for seq, bundle_id in enumerate(("bundle", CHALLENGER), 1):
        rows.add(publications, seq=seq, bundle_id=bundle_id, by="ada", note="", at=at(0))
    rows.add(schema.bundles, bundle_id=CHALLENGER, info="{}", created_at=at(0))
    rows.add(activations, seq=1, scope="", bundle_id="bundle", replaced=None, replaced_seq=0, how="first", by="ada",
             reason="the first", evidence="{}", at=at(0))  # fmt: skip


def _file_pair(rows: Rows, rng: np.random.Generator, settings: Settings, seq: int, row: Any) -> None:
    differs, texts = bool(rng.random() < DIFFER), TEXTS[row.kind]
    other = (texts[1] if row.text == texts[0] else texts[0]) if differs else row.text
    probability = settings.differ_rate if differs else settings.agree_rate
    asked, later = bool(rng.random() < probability), _later(row.created_at, 60)
    its = f"t-{row.prediction_id}"
    rows.add(
        schema.predictions, prediction_id=its, crop_id=row.crop_id, bundle_id=CHALLENGER, language_digest="l",
        purpose="trial", outcome="text", text=other, latency_ms=1.0, confidence=0.9,
        alternatives="[]", parts="[]", measured="{}", created_at=later,
    )  # fmt: skip
    rows.add(
        trial_pairs, seq=seq, trial_id=TRIAL, crop_id=row.crop_id, champion_id=row.prediction_id, challenger_id=its,
        kind=row.kind, quality="good", agree=not differs, accepted=True, probability=probability, asked=asked,
        is_gold=False, at=later,
    )  # fmt: skip
    if asked and rng.random() < ANSWERED:
        rows.add(
            verdicts, verdict_id=f"t-{seq}", crop_id=row.crop_id, source="crowd", outcome="text",
            text=other if rng.random() < WINS else row.text, confidence=None, valid_at=at(0),
            known_at=_later(row.created_at, 1200), by="crowd", evidence=canonical({"purpose": "trial"}),
        )  # fmt: skip


def _later(moment: str, seconds: float) -> str:
    return (datetime.fromisoformat(moment) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
