"""Erasure in SQLite and PostgreSQL: nothing is left of the page, nothing else is touched, the numbers stay."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from recognizer.errors import InputError, LedgerError, UsageError
from serving.batch.redeliver import redeliver
from serving.ledger import Ledger
from serving.ledger.erasure import PICTURE
from serving.ledger.statement import Verdict
from serving.privacy.erase import erase, page_named, personal, sweep
from serving.queue import Queue, Rules
from serving.truth.accuracy import judged, tally
from serving.truth.correct import Row, correct
from serving.truth.settle import settle
from tests.serving.privacy import lived_in
from tests.serving.privacy.lived_in import crop_ids, found, live
from tests.serving.truth import talk


def erased(ledger: Ledger, name: str = "s1.png:1", **settings: Any) -> Any:
    return erase(ledger, page_named(ledger, name), reason="request", by="ada", **settings)


def all_rows(ledger: Ledger) -> Iterator[str]:
    """Every cell of every table, as text."""
    engine = create_engine(ledger.url)
    with engine.connect() as connection:
        from serving.ledger.schema import metadata

        for table in metadata.tables.values():
            for row in connection.execute(table.select()):
                for cell in row:
                    yield bytes(cell).hex() if isinstance(cell, bytes | memoryview) else str(cell)
    engine.dispose()


def test_nothing_is_left_in_any_row_and_others_are_as_before(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path)
    pictures = {crop_id: ledger.crop_png(crop_id) for scan in talk.PAGES for crop_id in crop_ids(scan)}
    before = set(all_rows(ledger))
    assert all(any(secret in cell for cell in before) for secret in lived_in.SECRETS)
    done = erased(ledger)
    assert not done.again and done.stone.counts["crops"] == 4 and done.stone.counts["votes"] >= 8
    after = set(all_rows(ledger))
    for secret in lived_in.SECRETS:
        assert not [cell for cell in after if secret.casefold() in cell.casefold()], secret
    for crop_id, png in pictures.items():
        assert ledger.crop_png(crop_id) == (PICTURE if crop_id in crop_ids("s1") else png)
    assert all(any(other in cell for cell in after) for other in lived_in.OTHERS)


def test_statistics_still_count_what_was_right_and_wrong(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path)
    before = judged(ledger)
    counted = tally(before, ["kind"])
    assert counted["code",].wrong == 1 and counted["ssn",].wrong == 1
    erased(ledger)
    after = judged(ledger)
    assert tally(after, ["kind"]) == counted
    assert [item.known for item in after] == [item.known for item in before]
    for one, other in zip(before, after, strict=True):
        same = [(i.use.reading.confidence, i.use.reading.decision, i.use.reading.outcome) for i in (one, other)]
        assert same[0] == same[1]
    day = [item.use.reading.text for item in after if item.use.erased_at]
    assert len(day) == 4 and all(text.startswith("erased on 20") and text.endswith(" #1") for text in day)
    votes = Queue(ledger).votes("s1-0") + Queue(ledger).votes("s1-2")
    assert {vote.text.rpartition("#")[2] for vote in votes} == {"2"}  # people and model said different things


def test_a_row_without_a_tombstone_cannot_be_blanked_nor_one_with_it_be_changed(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path)
    erased(ledger)
    engine = create_engine(ledger.url)
    mine, other = crop_ids("s1")[0], crop_ids("s2")[0]
    refused = [
        f"UPDATE predictions SET text = 'erased on 2026-11-25 #1' WHERE crop_id = '{other}'",
        f"UPDATE predictions SET text = 'E757558' WHERE crop_id = '{mine}'",
        f"UPDATE predictions SET text = 'erased on 2026-11-25 #1 F757558' WHERE crop_id = '{mine}'",
        f"UPDATE predictions SET confidence = 0 WHERE crop_id = '{mine}'",
        f"UPDATE crops SET dpi = 1 WHERE crop_id = '{mine}'",
        f"DELETE FROM predictions WHERE crop_id = '{mine}'",
        "DELETE FROM votes",
        "UPDATE erasures SET reason = 'law'",
        "DELETE FROM erased",
    ]
    for statement in refused:
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_again_is_harmless_and_says_when(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path)
    first = erased(ledger)
    rows = sorted(all_rows(ledger))
    again = erased(ledger)
    assert again.again and again.stone.at == first.stone.at and sorted(all_rows(ledger)) == rows
    assert personal(ledger, page_named(ledger, "s1.png:1")).counts == {}
    assert page_named(ledger, "batch:1:1") == page_named(ledger, "s1.png:1") == page_named(ledger, "s1-1")


def test_nobody_is_asked_and_nothing_is_said_of_it_any_more(ledger: Ledger, tmp_path: Path) -> None:
    ids = live(ledger, tmp_path)
    queue = Queue(ledger, Rules(undo_s=0))
    held = [queue.lease(ids["Cy"], f"sitting {n}", count=1)[0] for n in range(8)]
    on_desk = [lease for lease in held if lease.crop_id in crop_ids("s1")]
    assert on_desk
    erased(ledger)
    late = queue.submit(on_desk[0].token, ids["Cy"], lived_in.Said("E757558"))
    assert late.code == "withdrawn"  # type: ignore[union-attr]
    queue.void(ids["Ada"], "", "not to be trusted", by="admin")
    assert [queue.task(f"s1-{n}").votes for n in range(4)] == [0] * 4 and queue.task("s2-0").votes == 3
    with pytest.raises(LedgerError, match="erased on"), ledger.writing() as writing:
        settle(writing, [Verdict(crop_id=crop_ids("s1")[0], source="expert", outcome="text", text="E7", by="bo")])
    with pytest.raises(InputError, match="erased on"):
        correct(ledger, [Row(line=1, field="s1.png:1:ssn", value="123-45-0000")], by="other.csv:1")


def test_who_got_the_record_is_told(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path / "first")
    erased(ledger)
    waiting = redeliver(ledger, tmp_path / "again")
    lines = [json.loads(line) for line in (tmp_path / "again" / "corrections.jsonl").read_text().splitlines()]
    assert len(waiting) == 1 and lines[0]["event"] == "record.erased" and lines[0]["scan"] == "s1.png"
    (record,) = [json.loads(line) for line in (tmp_path / "again" / "records.jsonl").read_text().splitlines()]
    assert record["status"] == "erased" and record["reason"].startswith("erased on 20")
    assert {field["value"] for field in record["fields"].values()} == {""}
    assert redeliver(ledger, tmp_path / "third") == []


def test_what_is_wrong_is_said(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path)
    with pytest.raises(UsageError, match="no batch has the page nobody"):
        page_named(ledger, "nobody.png:1")
    with pytest.raises(UsageError, match="mend: one of request"):
        erase(ledger, page_named(ledger, "s1.png:1"), reason="because", by="ada")
    assert len(ledger.pages_before("2000-01-01")) == 0 and len(ledger.pages_before("2100-01-01")) == 3
    erased(ledger)
    assert len(ledger.pages_before("2100-01-01")) == 2


def database_files(ledger: Ledger) -> list[Path]:
    url = make_url(ledger.url)
    if url.get_backend_name() == "sqlite":
        return list(Path(str(url.database)).parent.glob("ledger.db*"))
    engine = create_engine(ledger.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # What docs/PRIVACY.md tells PostgreSQL's keeper to do: begin a new log, and keep none of the old. That files of
        # the log are not used again is set where the server starts: asked for here, a checkpoint might be faster.
        assert connection.scalar(text("SHOW wal_recycle")) == "off"
        for _ in range(2):
            connection.execute(text("SELECT pg_switch_wal()"))
            connection.execute(text("CHECKPOINT"))
        own = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    engine.dispose()
    data = Path(str(url.query["host"])) / "data"  # other tests have databases in it, with the same values
    return lived_in.files_in(data / "base" / str(own)) + lived_in.files_in(data / "pg_wal")


def test_no_byte_is_left_in_the_files(ledger: Ledger, tmp_path: Path) -> None:
    live(ledger, tmp_path)
    mine, others = lived_in.traces_of(ledger, "s1"), lived_in.traces_of(ledger, "s2")
    assert {needle for needle, _ in found(others, database_files(ledger))} == set(others)
    assert len({needle for needle, _ in found(mine, database_files(ledger))}) >= len(mine) - 1
    erased(ledger)
    assert len(sweep(ledger)) == 1 and sweep(ledger) == ()
    assert list(found(mine, database_files(ledger))) == []
    assert {needle for needle, _ in found(others, database_files(ledger))} == set(others)
