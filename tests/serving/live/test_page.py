"""The live view in a real browser: it follows by itself, breaks no rule of the page, and fits a phone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from serving.ledger import Ledger, open_ledger
from serving.live import Keeper, snapshot_of
from serving.promise import Policy
from serving.review import create_app
from tests.serving.live import house
from tests.serving.review.desk import PASSWORD, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PERIOD_MS = 15_000

expect.set_options(timeout=30_000)  # machines may be busy

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")


@pytest.fixture
def ledger(memory_folder: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{memory_folder}/ledger.db") as opened:
        yield opened


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        opened = browser.new_page(viewport={"width": 390, "height": 800})  # a phone
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


def test_it_follows_by_itself_and_fits_a_phone(ledger: Ledger, page: Page, tmp_path: Path) -> None:
    office = house.read_today(ledger, 24)
    now = [0.0]
    keeper = Keeper(lambda: snapshot_of(ledger, tmp_path, Policy()), clock=lambda: now[0])
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.clock.install()
    with serving(create_app(office, live=keeper, tick_s=None)) as base:
        page.goto(f"{base}/sign-in")
        page.locator("#name").fill("ada")
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Live").click()
        expect(page.locator("#live[data-ready]")).to_have_count(1)
        answers = page.locator(".tile", has_text="minutes of people")
        expect(answers).to_contain_text("0 answers of 0")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        told = page.locator("svg.hours g title").last.text_content() or ""
        assert "128 fields, " in told and "0 answers of people" in told
        keyed = house.key_some(office, 10)
        assert keyed > 5
        now[0] += 60.0  # what the server keeps is old
        page.clock.fast_forward(PERIOD_MS)
        expect(answers).to_contain_text(f"{keyed} answers of 1")
        expect(page.locator("svg.hours g title").last).to_contain_text(f"{keyed} answers of people")
    page.clock.fast_forward(PERIOD_MS)  # the server is gone: what is shown fades, and stays
    expect(page.locator("body.away")).to_have_count(1)
    expect(answers).to_contain_text(f"{keyed} answers of 1")
    assert complaints == []
