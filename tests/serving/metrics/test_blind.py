"""From the door to the estimate: accepted fields are drawn with a recorded probability, and only blind votes answer."""

import pytest

from serving.batch.run import run_batch
from serving.door import Door
from serving.ledger import BatchStart, Ledger, ScanEntry, open_ledger, schema
from serving.ledger.clock import utc_now
from serving.ledger.statement import FieldUse, Verdict
from serving.metrics import production_metrics
from serving.metrics.accuracy import is_blind
from serving.promise import Policy, Promise
from serving.truth.accuracy import judged
from serving.truth.correct import Row, correct
from serving.truth.settle import settle
from tests.serving.truth import talk


@pytest.fixture
def drawn(empty_database: str) -> "tuple[Ledger, FieldUse]":
    """A batch of which half of the accepted fields is audited, and one such field."""
    ledger = open_ledger(empty_database)
    start = BatchStart(
        batch_id="batch", bundle_id=talk.BUNDLE, bundle_info={"version": "1"}, purpose="production", params={},
        forms={talk.FORM_DIGEST: talk.FORM.model_dump(mode="json")},
        scans=tuple(ScanEntry(scan_no=n, path=f"{name}.png", scan_digest=name) for n, name in enumerate(talk.PAGES, 1)),
    )  # fmt: skip
    with ledger.writing() as writing:  # not by lot: the same are drawn on every run
        writing._add(schema.secrets, name="audits", value="5a" * 16, created_at=utc_now())
    door = Door(talk.Scripted(), ledger, promise=Promise(policy=Policy(audit=0.5)))
    run_batch(start, lambda scan, skip: iter(talk.one_page(scan, skip, talk.FORM, 0)), door, ledger, talk.Quiet())
    audits = [item.use for item in judged(ledger) if item.use.reading.decision == "audit"]
    return ledger, audits[0]


def say(ledger: Ledger, use: FieldUse, text: str, source: str = "crowd", **evidence: str) -> None:
    with ledger.writing() as writing:
        verdict = Verdict(crop_id=use.crop_id, source=source, outcome="text", text=text, by="policy", evidence=evidence)  # type: ignore[arg-type]
        settle(writing, [verdict])


def test_every_accepted_field_has_its_probability_and_some_are_drawn(drawn: "tuple[Ledger, FieldUse]") -> None:
    ledger, _ = drawn
    accepted = [item.use for item in judged(ledger) if item.accepted]
    assert accepted and all(0 < (use.probability or 0) <= 1 for use in accepted)
    found = production_metrics(ledger).accuracy
    assert found.accepted == found.auditable == len(accepted)
    assert 0 < found.audits < len(accepted) and found.answered == 0
    assert found.value is None and "no audit is answered yet" in found.reason


def test_only_blind_votes_answer_an_audit(drawn: "tuple[Ledger, FieldUse]") -> None:
    """A person who agreed with the machine, and a customer who reports what is wrong, answer none."""
    ledger, use = drawn
    say(ledger, use, use.reading.text, purpose="production")
    say(ledger, use, use.reading.text, why="nobody knows what for")
    correct(ledger, [Row(line=2, field=use.address, value="Zabel" if use.kind == "name" else use.reading.text)], by="a")
    assert production_metrics(ledger).accuracy.answered == 0
    before = utc_now()
    say(ledger, use, use.reading.text, "crowd", purpose="audit")
    found = production_metrics(ledger).accuracy
    assert found.answered == 1 and found.value is not None and "wait for an answer" in found.reason
    assert production_metrics(ledger, known_at=before).accuracy.answered == 0


def test_what_is_learned_later_of_an_answered_audit_counts(drawn: "tuple[Ledger, FieldUse]") -> None:
    ledger, use = drawn
    say(ledger, use, use.reading.text, purpose="audit")
    then = production_metrics(ledger).accuracy
    assert (then.answered, then.wrong) == (1, 0)
    correct(ledger, [Row(line=2, field=use.address, value="Q000000", reason="misread")], by="acme", any_value=True)
    now = production_metrics(ledger).accuracy
    assert (now.answered, now.wrong) == (1, 1) and now.value is not None and then.value is not None
    assert now.value < then.value and now.low is not None and then.low is not None and now.low <= then.low


def test_a_verdict_whose_evidence_is_silent_is_blind_if_all_its_tasks_were() -> None:
    def verdict(source: str, **evidence: str):  # type: ignore[no-untyped-def]
        from serving.ledger.statement import Statement

        return Statement(
            statement_id="v", crop_id="c", source=source, outcome="text", text="x", confidence=None,  # type: ignore[arg-type]
            valid_at="", known_at="", by="", evidence=evidence,
        )  # fmt: skip

    assert is_blind(verdict("crowd"), {"t": "audit"}) and is_blind(verdict("expert"), {"t": "audit", "u": "trial"})
    assert not is_blind(verdict("crowd"), {"t": "audit", "u": "production"}) and not is_blind(verdict("crowd"), {})
    assert is_blind(verdict("crowd", task="t"), {"t": "audit", "u": "production"})
    assert not is_blind(verdict("crowd", task_id="u"), {"t": "audit", "u": "production"})
    assert not is_blind(verdict("customer"), {"t": "audit"})
