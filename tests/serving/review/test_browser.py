"""Keying in a real browser, by the keyboard alone."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from serving.ledger import Ledger
from tests.serving.review.desk import PASSWORD, WRITTEN, office_on, read_batch, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FIELDS = 100

expect.set_options(timeout=30_000)  # machines may be busy

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        opened = browser.new_page(viewport={"width": 1000, "height": 760})
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


def sign_in(page: Page, base: str, name: str = "anna") -> None:
    page.goto(base)
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#desk .question")).to_be_visible()
    expect(page.locator("#desk[data-ready]")).to_have_count(1)  # without its script the page works otherwise


def test_a_hundred_fields_by_keyboard(ledger: Ledger, page: Page) -> None:
    """What is typed arrives; impossible dates are asked again; marks take one key; time and keys are measured."""
    read_batch(ledger, 165)  # a record gives one field to a person in a sitting
    office = office_on(ledger)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    with serving(office) as base:
        sign_in(page, base)
        said: dict[int, tuple[str, str]] = {}
        for number in range(FIELDS):
            expect(page.locator("#progress b").first).to_have_text(str(number))
            token = int(page.locator(".question").get_attribute("data-token") or 0)
            said[token] = key_one(page, number)
        expect(page.locator("#progress b").first).to_have_text(str(FIELDS))
    with ledger.desk_to_read() as desk:
        votes = {vote.token: vote for token in said for vote in desk.votes.of_task(desk.leases.task_of(token) or "")}
    assert {token: (vote.outcome, vote.text) for token, vote in votes.items()} == said
    assert len({text for _, text in said.values()}) >= 5 and ("blank", "") in said.values()
    assert all(0 < vote.seconds < 60 for vote in votes.values())
    assert all(vote.keystrokes >= max(1, len(vote.text) if vote.text not in ("yes", "signed") else 1)
               for vote in votes.values())  # fmt: skip
    assert complaints == []


def key_one(page: Page, number: int) -> tuple[str, str]:
    """Key the field that is shown; every tenth is called blank. Gives outcome and text."""
    label = page.locator("#label").inner_text().lower().replace(" ", "_")
    text, typed = WRITTEN[label], page.locator("#entry").count() == 1
    if number % 10 == 9:
        if typed:
            page.keyboard.press("Escape")
        page.keyboard.press("b")
        return "blank", ""
    if not typed:
        page.keyboard.press("1")
        return "text", text
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    if label == "date_of_birth":
        expect(page.locator("#message")).to_contain_text("not a date that exists")
        page.keyboard.press("Enter")
    return "text", text


def test_escape_undo_and_an_empty_line(ledger: Ledger, page: Page) -> None:
    read_batch(ledger, 12)
    with serving(office_on(ledger)) as base:
        sign_in(page, base)
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_contain_text("Is it blank?")
        page.keyboard.press("Escape")
        page.keyboard.press("s")
        expect(page.locator("#progress b").first).to_have_text("1")
        page.keyboard.press("Escape")
        page.keyboard.press("u")
        expect(page.locator("#message")).to_contain_text("Taken back")
        expect(page.locator("#progress b").first).to_have_text("0")
        page.keyboard.press("Escape")
        page.keyboard.press("z")
        expect(page.locator(".sheet.zoomed")).to_have_count(1)
        page.keyboard.press("Escape")
        page.keyboard.type("x")
        expect(page.locator("#entry")).to_have_value("x")


def test_odd_characters_are_pointed_out_and_taken(ledger: Ledger, page: Page) -> None:
    """A mask that refused what people wrote would make reviewers lie."""
    read_batch(ledger, 12)
    with serving(office_on(ledger)) as base:
        sign_in(page, base)
        for _ in range(8):
            if page.locator("#label").inner_text().lower() == "date of birth":
                break
            token = page.locator(".question").get_attribute("data-token")
            page.keyboard.press("Escape")
            page.keyboard.press("i")
            expect(page.locator(f'[data-token="{token}"]')).to_have_count(0)
        page.keyboard.type("June 3")
        expect(page.locator("#odd")).to_contain_text("J")
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_contain_text("Look again")


def test_nothing_is_lost_when_the_server_is_away(ledger: Ledger, page: Page) -> None:
    """What was typed stays in the line and can be sent again."""
    read_batch(ledger, 12)
    office = office_on(ledger)
    with serving(office) as base:
        sign_in(page, base)
        page.route("**/desk/*", lambda route: route.abort())
        page.keyboard.type("Margarethe")
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_contain_text("Your answer is still here")
        expect(page.locator("#entry")).to_have_value("Margarethe")
        page.unroute("**/desk/*")
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_contain_text("Look again")  # no name goes there
        page.keyboard.press("Enter")
        expect(page.locator("#progress b").first).to_have_text("1")


def test_labels_for_screen_readers_and_a_phone(ledger: Ledger, page: Page) -> None:
    """The line is named by the field, the picture has words, messages are alerts; nothing is wider than a phone."""
    read_batch(ledger, 12)
    with serving(office_on(ledger)) as base:
        page.set_viewport_size({"width": 360, "height": 700})
        sign_in(page, base)
        label = page.locator("#label").inner_text()
        expect(page.get_by_role("textbox", name=label)).to_be_focused()
        expect(page.get_by_role("img", name="The handwriting in the field")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Is it blank?")
