"""The live view as it is served: who may see it, what stands in it, and what never does."""

from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from recognizer.errors import LedgerError
from serving.api.keys import add_key, revoke
from serving.ledger import Ledger
from serving.live import Keeper, Snapshot, snapshot_of
from serving.live.exposition import METRICS
from serving.live.keeper import REST_PER_WORK, REST_S
from serving.models import Models, Shelf
from serving.office import Office
from serving.promise import Policy
from serving.review import create_app
from tests.serving import sample_batch
from tests.serving.models.bundles import SHIPPED, variant
from tests.serving.review.desk import Browser, serving

WRITTEN = [text for name, _, text in sample_batch.FIELDS if name not in ("smoker", "signature")]


def scraped(base: str, key: str, accept: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"} | ({"Accept": accept} if accept else {})
    return requests.get(f"{base}/metrics", headers=headers, timeout=30)


def test_prometheus_scrapes_by_a_key_for_it(base: str, ledger: Ledger) -> None:
    key = add_key(ledger, "prometheus", ["metrics"])
    answer = scraped(base, key)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain; version=")
    found = {s.name: s.value for family in text_string_to_metric_families(answer.text) for s in family.samples}
    assert found["penfield_snapshot_up"] == 1 and found["penfield_votes_total"] > 10
    assert found["penfield_pages_total"] == 16
    assert found["penfield_last_prediction_timestamp_seconds"] > 1.7e9
    assert scraped(base, key, "application/openmetrics-text; version=1.0.0").text.endswith("# EOF\n")
    revoke(ledger, "prometheus")
    assert scraped(base, key).status_code == 401


def test_nobody_else_scrapes(base: str, ledger: Ledger) -> None:
    assert requests.get(f"{base}/metrics", timeout=30).status_code == 401
    assert scraped(base, "penfield_0123456789ab_nothing").status_code == 401
    customer = scraped(base, add_key(ledger, "acme", ["read", "correct", "sensitive"]))
    assert customer.status_code == 403 and "--scopes metrics" in customer.json()["detail"]
    admin = Browser(base, "ada")
    assert admin.get("/metrics").status_code == 401  # a browser's session is no key
    with_key = requests.get(f"{base}/api/v1/records", timeout=30,
                            headers={"Authorization": f"Bearer {add_key(ledger, 'p', ['metrics'])}"})  # fmt: skip
    assert with_key.status_code == 403


def test_admins_see_the_page_with_the_numbers_of_the_metrics(base: str, ledger: Ledger) -> None:
    admin = Browser(base, "ada")
    assert admin.get("/live").status_code == 200
    text = scraped(base, add_key(ledger, "prometheus", ["metrics"])).text
    found = {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}
    tiles = admin.page[admin.page.index('class="tiles six"') : admin.page.index("The last 24 hours")]
    assert f"fields on {found['penfield_pages_total']:.0f} pages" in tiles
    assert f"{100 * found['penfield_automation_ratio']:.1f}%" in tiles
    assert f"{found['penfield_votes_total']:.0f} answers of {found['penfield_people']:.0f}" in tiles
    assert 'aria-current="page">Live</a>' in admin.page
    part = admin.get("/live", **{"X-Penfield-Part": "live"})
    assert part.text.lstrip().startswith('<p class="where">') and "<html" not in part.text
    assert Browser(base, "anna").get("/live").status_code == 403
    assert Browser(base).get("/live").url.endswith("/sign-in")


def test_neither_names_nor_what_was_written_is_told(base: str, ledger: Ledger) -> None:
    admin = Browser(base, "ada")
    page, text = admin.get("/live").text, scraped(base, add_key(ledger, "prometheus", ["metrics"])).text
    for secret in (*WRITTEN, "anna", "scan 0", "insurance_application"):
        assert secret not in text and secret not in page.replace("ada", ""), secret


def test_a_server_without_a_store_says_so(office: Office) -> None:
    with serving(create_app(office, tick_s=None)) as base:
        admin = Browser(base, "ada")
        assert "started without a store" in admin.get("/live").text and admin.get("/live").status_code == 200


def test_the_keeper_asks_the_ledger_now_and_then(office: Office, ledger: Ledger, tmp_path: Path) -> None:
    """However often it is asked: a snapshot is kept ten seconds, and ten times as long as it took."""
    now, made = [0.0], []

    def make() -> Snapshot:
        now[0] += 3.0  # it takes three seconds
        made.append(snapshot_of(ledger, tmp_path, Policy()))
        if len(made) == 2:
            raise LedgerError("the database is away")
        return made[-1]

    keeper = Keeper(make, clock=lambda: now[0])
    first = keeper.get()
    assert all(keeper.get() is first for _ in range(100)) and len(made) == 1 and first.cost_s == 3.0
    now[0] += REST_PER_WORK * 3.0 - 0.1
    assert keeper.get() is first and keeper.age_s(first) == pytest.approx(29.9)
    now[0] += 0.2
    failed = keeper.get()
    assert failed.snapshot is None and failed.failed == "the database is away" and len(made) == 2
    now[0] += max(REST_S, REST_PER_WORK * 3.0) + 0.1
    assert keeper.get().snapshot is made[2]


def test_a_kind_that_went_back_to_the_champion_of_all(office: Office, ledger: Ledger, tmp_path: Path) -> None:
    models = Models(ledger, Shelf(tmp_path))
    models.begin(SHIPPED)
    other = models.publish(variant(tmp_path, "other"), by="ada")
    models.activate(other, kind="date", by="ada", reason="reads dates", evidence={})
    models.rollback("date", by="ada", reason="reads them worse")
    now = snapshot_of(ledger, tmp_path, Policy())
    [champions] = [each for each in METRICS if each.name == "champion_info"]
    assert [kind for kind, _ in champions.values(now)] == ["all"]
    keeper = Keeper(lambda: now)
    with serving(create_app(office, live=keeper, tick_s=None)) as base:
        assert "that of all fields" in Browser(base, "ada").get("/live").text
