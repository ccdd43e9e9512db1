"""The grid: pictures with one answer, struck out by keyboard in a real browser."""

from pathlib import Path

from playwright.sync_api import Page, expect

from serving.consensus import Bar
from serving.ledger import Ledger
from serving.office import Rules
from serving.office.gold import add_gold
from serving.promise import Policy
from serving.truth.correct import Row
from tests.serving.review.desk import Browser, office_on, read_batch, serving
from tests.serving.review.test_browser import page, pytestmark, sign_in

__all__ = ["page", "pytestmark"]
DATES = Policy.model_validate({"kinds": {"date": {"consensus": "verify"}}})
PLANTED = [n for n in range(36, 48) if n % 12 not in (3, 5, 7, 11)]
"""Pages that could be read, of which another date is known than the machine read."""


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


def test_a_planted_one_counts_as_a_check_of_whoever_strikes_it_out(ledger: Ledger, page: Page, tmp_path: Path) -> None:
    """Pages on which another date is known than was read stand in the grid, and look like all others."""
    read_batch(ledger, 48)
    known = [Row(line=n, field=f"scan {n}.png:1:date_of_birth", value="02/03/1971") for n in PLANTED]
    add_gold(ledger, known, by="test")
    office = office_on(ledger, DATES, Rules(undo_s=0), bar=Bar(least_gold=0.5, most_gold=0.5))
    with serving(office) as base:
        sign_in(page, base)
        page.goto(f"{base}/verify")
        expect(page.locator("h1")).to_contain_text("Date of birth: 02/30/1971")
        tokens = [int(each) for each in (page.locator("[name=tokens]").get_attribute("value") or "").split()]
        with ledger.desk_to_read() as desk:
            tasks = [desk.leases.task_of(token) for token in tokens]
        odd = [token for token, task in zip(tokens, tasks, strict=True)
               if office.queue.task(task or "").purpose == "gold"]  # fmt: skip
        assert 1 <= len(odd) <= len(tokens) // 2
        for token in odd:
            page.locator(f"[name=struck_{token}]").focus()
            page.keyboard.press("Space")
        page.screenshot(path=tmp_path / "odd.png", full_page=True)
        page.keyboard.press("Enter")
        said = f"{len(tokens) - len(odd)} confirmed, {len(odd)} struck out, 0 too late"
        expect(page.locator("[role=status]")).to_have_text(said)
        page.screenshot(path=tmp_path / "after.png", full_page=True)
        expect(page.locator("body")).to_contain_text(f"checks: {len(odd)} of {len(odd)} right")


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
