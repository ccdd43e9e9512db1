"""People of a platform: they come by URL, key so many fields, and leave with the code."""

import re
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recognizer.errors import UsageError
from serving.crowds.campaign import arrive, campaigns, close_campaign, open_campaign
from serving.crowds.hand_out import KINDS_OUTSIDE
from serving.ledger import Ledger
from serving.office import Entry, Office
from tests.serving.review.desk import PASSWORD, WRITTEN, Browser, office_on, read_batch, serving
from training.cli import app


def key_all(browser: Browser) -> int:
    """Key until the code is shown; gives how many fields."""
    for number in range(20):
        if 'id="code"' in browser.page:
            return number
        text = WRITTEN[browser.label]
        browser.post(f"/desk/{browser.token}", text=text, confirm=text, seconds="2", keystrokes="5")
    raise AssertionError("the code was never shown")


def test_a_worker_keys_and_gets_the_code(base: str, office: Office, ledger: Ledger) -> None:
    made = open_campaign(ledger, "spring", fields=3, sessions=2, return_to="https://platform.example/done?cc=1")
    browser = Browser(base)
    browser.get(f"/campaign/{made.campaign_id}?PROLIFIC_PID=w1&SESSION_ID=s1")
    assert key_all(browser) == 3
    assert made.code in browser.page and "https://platform.example/done" in browser.page
    browser.get("/desk")
    assert made.code in browser.page, "the code can be seen again"
    (now,) = campaigns(ledger)
    assert (now.visits, now.done, now.answered) == (1, 1, 3)
    with ledger.desk_to_read() as desk:
        person = desk.people.named("spring:w1")
        assert person is not None
        assert desk.votes.last(person[0].person_id, arrive(ledger, made.campaign_id, "w1", "s1").visit_id)


def test_the_same_session_is_the_same_visit_and_sessions_are_limited(base: str, ledger: Ledger) -> None:
    made = open_campaign(ledger, "spring", fields=2, sessions=2)
    first = Browser(base)
    first.get(f"/campaign/{made.campaign_id}?worker=w1&session=s1")
    token = first.token
    again = Browser(base)
    again.get(f"/campaign/{made.campaign_id}?worker=w1&session=s1")
    assert again.token == token, "what is on the desk stays there"
    assert key_all(again) == 2
    other = Browser(base)
    other.get(f"/campaign/{made.campaign_id}?worker=w1&session=s2")
    assert key_all(other) == 2
    refused = other.get(f"/campaign/{made.campaign_id}?worker=w1&session=s3")
    assert refused.status_code == 422 and "all that anybody may do" in other.page


def test_a_guest_may_key_and_nothing_else(base: str, ledger: Ledger) -> None:
    made = open_campaign(ledger, "spring", fields=2)
    guest = Browser(base)
    guest.get(f"/campaign/{made.campaign_id}?worker=w1&session=s1")
    for path in ("/office", "/disagreements"):
        assert guest.http.get(base + path, timeout=30).status_code == 403
    assert "Sign out" not in guest.page
    assert Browser(base).sign_in("spring:w1", "anything at all").status_code == 401


def test_nobody_outside_sees_what_is_sensitive(ledger: Ledger) -> None:
    """Where nothing but social security numbers waits, a guest waits too; the house's own people get them."""
    read_batch(ledger, 60)
    office = office_on(ledger)
    ben = office.people.add("ben", PASSWORD).person_id
    for number in count():
        if not (leases := office.lease(ben, f"s{number}", kinds=KINDS_OUTSIDE)):
            break
        for lease in leases:
            office.submit(lease.token, ben, Entry(text=WRITTEN[lease.field]), confirmed=True)
    assert {waiting.kind for waiting in office.queue.counts()} == {"ssn"}
    made = open_campaign(ledger, "spring", fields=2)
    with serving(office) as base:
        guest = Browser(base)
        guest.get(f"/campaign/{made.campaign_id}?worker=w1&session=s1")
        assert "Nothing to do" in guest.page
        assert Browser(base, "anna").label == "ssn"


def test_who_is_unknown_or_late_is_told_so(base: str, ledger: Ledger) -> None:
    made = open_campaign(ledger, "spring", fields=2)
    browser = Browser(base)
    assert browser.get(f"/campaign/{made.campaign_id}").status_code == 404
    assert browser.get(f"/campaign/{'0' * 32}?worker=w1").status_code == 404
    browser.get(f"/campaign/{made.campaign_id}?worker=w1&session=s1")
    close_campaign(ledger, "spring")
    late = Browser(base)
    assert late.get(f"/campaign/{made.campaign_id}?worker=w2&session=s1").status_code == 422
    assert "closed" in late.page
    assert key_all(browser) == 2, "who is at work may finish"


def test_nothing_left_pays_all_the_same(base: str, office: Office, ledger: Ledger) -> None:
    made = open_campaign(ledger, "spring", fields=1000)
    browser = Browser(base)
    browser.get(f"/campaign/{made.campaign_id}?worker=w1&session=s1")
    assert 0 < key_all(browser) < 20
    assert "nothing left to key" in browser.page and made.code in browser.page


def test_the_command_says_what_to_enter(tmp_path: Path, ledger: Ledger) -> None:
    def penfield(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["campaign", *words, "--ledger", ledger.url])
        assert done.exit_code == code, done.output
        return done.output

    assert "no campaigns yet" in penfield("list")
    assert re.search(r"/campaign/[0-9a-f]{32}\?worker=", penfield("add", "spring", "--fields", "5"))
    assert "choose another name" in penfield("add", "spring", code=2)
    assert "spring (open): 5 fields" in penfield("list") and "(closed)" in penfield("close", "spring")
    with pytest.raises(UsageError, match="https"):
        open_campaign(ledger, "bad", fields=1, return_to="javascript:alert(1)")
