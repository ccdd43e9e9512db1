"""The grid: pictures with one answer, struck out by keyboard in a real browser."""

from pathlib import Path

from playwright.sync_api import Page, expect

from serving.ledger import Ledger
from serving.office import Rules
from serving.promise import Policy
from tests.serving.review.desk import Browser, office_on, read_batch, serving
from tests.serving.review.test_browser import page, pytestmark, sign_in

__all__ = ["page", "pytestmark"]
DATES = Policy.model_validate({"kinds": {"date": {"consensus": "verify"}}})


def test_odd_ones_are_struck_out_by_keyboard(ledger: Ledger, page: Page) -> None:
    read_batch(ledger, 12)
    office = office_on(ledger, DATES, Rules(undo_s=0))
    with serving(office) as base:
        sign_in(page, base)
        page.goto(f"{base}/verify")
        expect(page.locator("h1")).to_contain_text("Date of birth: 02/30/1971")
        count = page.locator(".cell").count()
        assert count >= 4
        expect(page.locator(".cell input").first).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.locator("[role=status]")).to_have_text(f"{count - 1} confirmed, 1 struck out, 0 too late")
    assert office.tick().settled == count - 1
    with ledger.desk_to_read() as desk:
        spent = [vote.seconds for task in office.queue.ripe() for vote in desk.votes.of_task(task)]
    assert spent == [], "all is settled"


def test_without_such_a_policy_there_is_no_such_page(base: str) -> None:
    anna = Browser(base, "anna")
    assert "/verify" not in anna.page
    assert anna.get("/verify").status_code == 404
    anna.get("/desk")
    assert anna.post("/verify", tokens="1 2").status_code == 404


def test_the_page_is_offered_where_the_policy_says_so(ledger: Ledger, tmp_path: Path) -> None:
    read_batch(ledger, 3)
    with serving(office_on(ledger, DATES)) as base:
        anna = Browser(base, "anna")
        assert 'href="/verify"' in anna.page
        anna.get("/verify")
        token = anna.page.split('name="tokens" value="')[1].split('"')[0].split()[0]
        assert anna.http.get(f"{base}/verify/{token}/picture", timeout=30).headers["Content-Type"] == "image/png"
        assert Browser(base, "eve").get("/verify").status_code == 403
