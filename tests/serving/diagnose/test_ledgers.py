"""From alarm to cause in real ledgers, where nothing is wrong with the pictures."""

from pathlib import Path

from serving.consensus import Entry
from serving.ledger.desk import Lease
from serving.office import Office, Submitted
from serving.promise import Policy
from serving.truth.correct import Row, correct
from tests.serving.diagnose.scripted import PAGES, now, opened, penfield, read, sound, well
from tests.serving.office import house


def constant(page: int, kind: str) -> tuple[str, float]:
    """The same value always, as surely as before."""
    return well(1, kind)[0], well(page, kind)[1]


def test_a_model_that_returns_constants(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        read(ledger, well, 0)
        since = now()
        read(ledger, constant, PAGES)
        sound(ledger, "constant", {"form": "claim"}, since)
        sound(ledger, "constant", {"kind": "ssn"}, since)
    code, printed, _ = penfield(tmp_path, "diagnose", 1)
    assert code == 0 and "suspected stage: reading" in printed and "reading: repeated: 0 was usual" in printed
    assert "scan:" not in printed and "alignment:" not in printed and "first page: in/012.png, page 1" in printed
    penfield(tmp_path, "diagnose", 2, "--html", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "not shown: sensitive" in page and "***-**-" in page and well(1, "ssn")[0] not in page
    assert page.count("data:image/png") == 1  # the distribution


def test_a_stale_calibration(tmp_path: Path) -> None:
    """People find half of what is read wrong, and the model is as sure as before."""
    with opened(tmp_path) as ledger:
        batches = read(ledger, well, 0)
        since = now()
        stale = read(ledger, well, PAGES)
        for batch, shares in ((batches, 1), (stale, 2)):
            rows = [
                Row(line=n, field=use.crop_id, value=_true(use.reading.text, right=n % shares == 0))
                for n, use in enumerate(house.uses(ledger, batch).values())
            ]
            correct(ledger, rows, by=f"customer {batch}", any_value=True)
        sound(ledger, "calibration", {"form": "claim"}, since)
    code, printed, _ = penfield(tmp_path, "diagnose", 1)
    assert code == 0 and "suspected stage: calibration" in printed and "calibration: too_sure" in printed
    assert "where it gathers, by too_sure" in printed
    _, printed, _ = penfield(tmp_path, "diagnose", 1, "--review")
    assert "put to people: 0 fields" in printed and "people have settled before" in printed


def _true(read: str, *, right: bool) -> str:
    return read if right else read[:-1] + ("1" if read[-1] != "1" else "2")


def test_a_lazy_reviewer(tmp_path: Path) -> None:
    """Named, with the fields that he answered since, and nobody else's."""
    with opened(tmp_path) as ledger:
        office = house.opened(ledger, "ann", "ben", "cyd", policy=Policy(consensus="two_plus_tiebreak"))
        read(ledger, well, 0, doubtful=True)
        _key(office, lazy="")
        since = now()
        read(ledger, well, PAGES, doubtful=True)
        answered = _key(office, lazy="ben")
        sound(ledger, "seconds", {"person": "ben"}, since)
        sound(ledger, "agreement", {"form": "claim"}, since)
        sound(ledger, "seconds", {"person": "ann"}, since)
    code, printed, _ = penfield(tmp_path, "diagnose", 1)
    assert code == 0 and "suspected stage: people" in printed and "people: seconds of ben" in printed, printed
    code, ids, _ = penfield(tmp_path, "diagnose", 1, "--ids")
    assert set(ids.split()) == answered
    _, printed, _ = penfield(tmp_path, "diagnose", 2)
    assert "suspected stage: people" in printed and "of ann" not in printed and "of cyd" not in printed
    assert "suspected stage: not known" in penfield(tmp_path, "diagnose", 3)[1]


def _key(office: Office, lazy: str) -> set[str]:
    """Everybody answers what there is; whoever is lazy says blank at once. Gives what that one answered."""
    answered, sitting = set[str](), 0
    while True:
        office.tick()
        leases = [(who, lease) for who in ("ben", "ann", "cyd") for lease in _some(office, who, f"{lazy} {sitting}")]
        if not leases:
            return answered
        sitting += 1
        for who, lease in leases:
            quick = who == lazy
            entry = Entry(outcome="blank") if quick else Entry(text=house.written(office.ledger, lease))
            seconds = 0.3 if quick else 4.0 + (lease.token * 7 % 50) / 10
            done = office.submit(lease.token, who, entry, seconds=seconds, keystrokes=5, confirmed=True)
            assert isinstance(done, Submitted)
            if quick:
                answered.add(office.queue.task(lease.task_id).prediction_id or "")


def _some(office: Office, who: str, sitting: str) -> tuple[Lease, ...]:
    return office.lease(who, sitting, count=PAGES)


def test_an_alarm_that_knows_no_beginning(tmp_path: Path) -> None:
    """It sounded after the fields that made it sound: the beginning is found among them; where nothing changed, it is
    told that it is not known."""
    with opened(tmp_path) as ledger:
        read(ledger, well, 0)
        sound(ledger, "quiet", {})
        read(ledger, constant, PAGES)
        sound(ledger, "constant", {"form": "claim"})
    code, printed, _ = penfield(tmp_path, "diagnose", 2)
    assert code == 0 and "begun, as pages say, 20" in printed and "suspected stage: reading" in printed, printed
    assert "first page: in/013.png, page 1" in printed  # that says what the page before said
    assert "sounded, its beginning is not known" in penfield(tmp_path, "diagnose", 1)[1]
