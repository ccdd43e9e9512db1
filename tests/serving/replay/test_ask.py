"""What another model would have said: beside the recorded answer and the settled one, and nowhere else."""

from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from recognizer.errors import LedgerError
from recognizer.reading import Crop, Reading
from serving.batch.run import run_batch
from serving.commands import replay_told
from serving.door import Door
from serving.environment import environment
from serving.ledger import Ledger, open_ledger
from serving.ledger.origin import Replayed
from serving.privacy.erase import erase, page_named
from serving.replay.ask import Asked, ask
from serving.replay.forms import Forms
from serving.replay.stage import Otherwise
from serving.truth.correct import Row, correct
from tests.serving import specimens as sample
from tests.serving.test_batch import DIGESTS, Quiet


class OtherReader(sample.InkReader):
    """Says the same as the recorded one, but of policies."""

    bundle_id = "c" * 32
    settings: Mapping[str, object] = {"kind": "other ink"}

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        said = super().read(crop, folder)
        text = "F000001" if crop.field.kind == "code" else said.text
        return Reading(text=text, outcome="text", confidence=0.25, measured={"folder": len(folder.parts)})


def read_all(ledger: Ledger) -> None:
    run_batch(sample.start("batch", DIGESTS), sample.two_pages, Door(sample.InkReader(), ledger), ledger, Quiet())


def asked_about(ledger: Ledger, scan: str, field: str) -> Asked:
    door = Door(OtherReader(), ledger, purpose="replay")
    with ledger.truth() as truth:
        name = truth.uses_at(f"{scan}.png", 1, field)[0].prediction_id
    with ledger.replaying_to_read() as rows:
        origin = rows.origin(name)
    assert origin is not None
    return ask(ledger, Forms(ledger), door, origin)


def test_it_is_shown_beside_what_was_said_and_what_is_settled(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger:
        read_all(ledger)
        rows = [
            Row(line=1, field="s1.png:1:policy", value="F000001"),
            Row(line=2, field="s1.png:1:ssn", value="123456789"),
        ]
        correct(ledger, rows, by="customer.csv")
        before = ledger.answers("batch"), ledger.predictions_frame("batch").to_csv(), ledger.batch("batch")
        policy, ssn, other = (asked_about(ledger, *at) for at in (("s1", "policy"), ("s1", "ssn"), ("s2", "policy")))
        assert (policy.agrees, policy.recorded_right, policy.said_right) == (False, False, True)
        assert (ssn.agrees, ssn.recorded_right, ssn.said_right) == (True, True, True)
        assert (other.agrees, other.recorded_right, other.said_right) == (False, None, None)
        after = ledger.answers("batch"), ledger.predictions_frame("batch").to_csv(), ledger.batch("batch")
        assert after == before
        assert policy.said.purpose == "replay" and policy.said.bundle_id == OtherReader.bundle_id
        assert asked_about(ledger, "s1", "policy").said.prediction_id == policy.said.prediction_id
        with ledger.replaying_to_read() as found:
            drawn = found.drawn(1000, 1)
        assert len(drawn) == 18 and policy.said.prediction_id not in drawn


def test_sensitive_values_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = StringIO()
    monkeypatch.setattr(replay_told, "console", lambda: Console(file=text, width=200))
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        read_all(ledger)
        door = Door(OtherReader(), ledger, purpose="replay")
        correct(ledger, [Row(line=1, field="s1.png:1:ssn", value="987-65-4321")], by="file.csv")
        with ledger.truth() as truth:
            uses = {field: truth.uses_at("s1.png", 1, field)[0].prediction_id for field in ("policy", "ssn")}
        replay_told.show_asked(ledger, Forms(ledger), door, [uses["ssn"]], single=True)
        replay_told.show_asked(ledger, Forms(ledger), door, list(uses.values()), single=False)
    told = text.getvalue()
    assert "***-**-6789" in told and "***-**-4321" in told and "123-45-6789" not in told and "987-65" not in told
    assert "F000001" in told and "the same as recorded 1, otherwise 1" in told and "that people settled" in told


def test_of_what_was_erased_nobody_is_asked(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger:
        read_all(ledger)
        asked = asked_about(ledger, "s1", "ssn")
        assert asked.said.reading.text == "123-45-6789"
        erase(ledger, page_named(ledger, "s1.png:1"), reason="request", by="tests")
        with pytest.raises(Otherwise, match="erased on"):
            asked_about(ledger, "s1", "ssn")
        again = ledger.predictions([asked.said.prediction_id])[asked.said.prediction_id]
        assert again.reading.text.startswith("erased on")  # what replays said goes with the rest
        door = Door(OtherReader(), ledger, purpose="replay")
        crop = replace(sample.crop(sample.FORM.fields[1], 1), crop_id=asked.origin.crop.crop_id)
        with pytest.raises(LedgerError, match="nothing can be said of the crop"):
            door.read_again(crop, Path())


def test_the_ledger_answers_alike_everywhere(empty_database: str) -> None:
    with open_ledger(empty_database) as ledger:
        read_all(ledger)
        with ledger.replaying_to_read() as rows:
            ids = rows.of_batch("batch")
            assert len(ids) == 18 and sorted(rows.by_page(reversed(ids))) == sorted(ids)
            assert rows.named(ids[0][:12]) == [ids[0]] and rows.named("%") == []
            assert len(rows.drawn(5, 1)) == 5 and rows.drawn(5, 1) == rows.drawn(5, 1) != rows.drawn(5, 2)
            origin = rows.origin(ids[0])
            assert origin is not None and origin.use is not None and rows.origin("0" * 32) is None
            assert origin.scans == (("s1.png", None),) and origin.page.setup == {}
            assert origin.environment == environment({"version": "1", "settings": {"kind": "ink"}})
            assert origin.page_environment == environment()
            page = rows.page_answers(origin.use, origin.page.page_key)
            assert [crop.field for crop in page.crops] == [answer.field for answer in page.answers]
            assert rows.form(sample.FORM_DIGEST) is not None and rows.form("0" * 16) is None
        with ledger.replaying() as rows:
            rows.file([Replayed(prediction_id=ids[0], stage="scan", code="scan_gone")], environment())
